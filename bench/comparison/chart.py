"""The ratios of a report as a bar chart, drawn by matplotlib."""

import sys


def load_matplotlib():
    """matplotlib.pyplot; ends the program with advice when it is missing."""
    try:
        import matplotlib
    except ImportError:
        sys.exit(f"compare: --svg needs matplotlib, which {sys.executable} does not have (Debian: python3-matplotlib "
                 "for /usr/bin/python3)")
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "mini-wasm"  # the same file for the same figures
    from matplotlib import pyplot
    return pyplot


def draw(path, report, reference, what):
    """A bar per runtime, its geometric mean, with a dot for every program; the slowest at the bottom."""
    pyplot = load_matplotlib()
    names = sorted((n for n, mean in report["geomeans"].items() if mean), key=lambda n: report["geomeans"][n])
    means = [report["geomeans"][n] for n in names]
    figure, axes = pyplot.subplots(figsize=(8, 0.9 + 0.4 * len(names)), layout="constrained")
    axes.barh(names, means, color=["#c44e28" if n.startswith("mini-wasm") else "#8c96a3" for n in names], height=0.65)
    for at, name in enumerate(names):
        ratios = [row[name]["ratio"] for row in report["results"].values() if row[name]["ratio"]]
        axes.plot(ratios, [at] * len(ratios), "|", color="#333333", markersize=7, markeredgewidth=0.6, alpha=0.6)
        axes.annotate(f"{means[at]:.2f}", (max(ratios), at), xytext=(6, 0), textcoords="offset points", va="center")
    axes.axvline(1, color="#333333", linewidth=0.8, linestyle=":")
    axes.set_xlabel(f"{what}, times {reference}: geometric mean of {max(report['counts'].values())}, a mark for each")
    axes.margins(x=0.1)
    axes.set_xlim(left=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
