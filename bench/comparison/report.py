"""From samples to medians, ratios and tables."""

import json
import os
import platform
import re
import statistics
import time


def evaluate(options, runtimes, samples, empty):
    """The report: results[module][runtime] = {status, seconds, ratio, ...}, starts, geomeans, counts.

    `samples[module][runtime]` is a list of samples; those of the module `empty` are the starts.
    """
    middle = min if options.best else statistics.median
    starts = {r.name: middle([s.seconds for s in samples[empty][r.name]]) for r in runtimes}
    results = {}
    for module, by_runtime in samples.items():
        if module == empty:
            continue
        truth = None if options.load or options.any_output else true_output(options, by_runtime)
        row = {name: summarise(taken, truth, middle, starts[name]) for name, taken in by_runtime.items()}
        add_ratios(row, options.reference)
        results[module] = row
    ratios = {r.name: [row[r.name]["ratio"] for row in results.values() if row[r.name]["ratio"]] for r in runtimes}
    geomeans = {name: statistics.geometric_mean(of) if of else None for name, of in ratios.items()}
    return {"starts": starts, "results": results, "geomeans": geomeans, "counts": {n: len(of) for n, of in ratios.items()}}


def true_output(options, by_runtime):
    """What everybody has to print: what the native build does, or the reference, or else the first that ran."""
    for name in ["native", options.reference, *by_runtime]:
        if name in by_runtime and by_runtime[name][0].status == "ok":
            return by_runtime[name][0].output
    return None


def summarise(taken, truth, middle, start):
    failed = next((s for s in taken if s.status != "ok"), None)
    status = failed.status if failed else "ok"
    if status == "ok" and truth is not None and any(s.output != truth for s in taken):
        status = "differs"
    times = [s.seconds for s in taken]
    made = re.search(rb"\bmade=([\d.]+)", taken[0].output)
    return {
        "status": status,
        "complaint": failed.complaint() if failed else status,
        "seconds": max(middle(times) - start, 1e-4) if status == "ok" else None,
        "samples": times,
        "wall_samples": [s.wall for s in taken],
        "peak_bytes": max(s.peak for s in taken),
        "made": float(made[1]) if made else None,
    }


def add_ratios(row, reference):
    base = row[reference]["seconds"]
    for cell in row.values():
        cell["ratio"] = base / cell["seconds"] if base and cell["seconds"] else None


def print_rows(rows):
    """A table whose first row is its head and first column its labels."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for i, row in enumerate(rows):
        print("| " + row[0].ljust(widths[0]) + " | " + " | ".join(t.rjust(w) for t, w in zip(row[1:], widths[1:])) + " |")
        if i == 0:
            print("|" + "-" * (widths[0] + 2) + "|" + "".join("-" * (w + 1) + ":|" for w in widths[1:]))


def cell_text(cell, value):
    """The value of a cell made of its seconds, with the ratio; or what went wrong."""
    if cell["status"] != "ok":
        return cell["status"]
    ratio = f" ({cell['ratio']:.2f})" if cell["ratio"] else ""
    return value(cell["seconds"]) + ratio


def print_run_table(options, names, report):
    rows = [["ms (times " + options.reference + ")", *names]]
    for module, row in sorted(report["results"].items()):
        rows.append([module, *(cell_text(row[n], lambda seconds: f"{seconds * 1e3:.0f}") for n in names)])
    rows += mean_rows(names, report)
    rows.append(["start, ms", *(f"{report['starts'][n] * 1e3:.1f}" for n in names)])
    peaks = {n: statistics.median(row[n]["peak_bytes"] for row in report["results"].values()) for n in names}
    rows.append(["peak memory, MiB", *(mebibytes(peaks[n]) for n in names)])
    print_rows(rows)


def print_load_table(options, names, report):
    rows = [["MB of code/s (times " + options.reference + ")", *names]]
    for module, row in report["results"].items():
        size = report["code_bytes"][module]
        rows.append([module, *(cell_text(row[n], lambda seconds: f"{size / seconds / 1e6:.1f}") for n in names)])
    rows += mean_rows(names, report)
    for module, row in report["results"].items():
        rows.append([f"{module}: {report['code_bytes'][module] / 1e6:.1f} MB; peak memory, MiB",
                     *(mebibytes(row[n]["peak_bytes"]) for n in names)])
        rows.append([f"{module}: bytes of code per byte of Wasm",
                     *(f"{row[n]['made']:.2f}" if row[n]["made"] else "-" for n in names)])
    print_rows(rows)


def mean_rows(names, report):
    """The geometric means; when not everybody ran everything, over how many programs each is."""
    rows = [["geometric mean", *(f"{report['geomeans'][n]:.2f}" if report["geomeans"][n] else "-" for n in names)]]
    counts = [report["counts"][n] for n in names]
    if min(counts) != max(counts):
        rows.append(["... over how many", *(str(count) for count in counts)])
    return rows


def mebibytes(size):
    return f"{size / 2**20:.1f}" if size else "-"


def complaints(report):
    """(who on what, what went wrong) of every run that did."""
    return [(name, module, cell["complaint"])
            for module, row in report["results"].items() for name, cell in row.items() if cell["status"] != "ok"]


def write_json(options, field, report):
    report["machine"] = {"system": platform.platform(), "cpus": os.cpu_count(), "date": time.strftime("%Y-%m-%d")}
    report["runs"] = options.runs
    report["reference"] = options.reference
    report["runtimes"] = {r.name: {"command": r.command, "version": r.version()} for r in field.runtimes}
    report["absent"] = field.absent
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
