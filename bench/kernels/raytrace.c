// A small ray tracer: spheres, one light, reflections; structs of doubles passed by value.
#include "kernel.h"

struct Vec {
  double x, y, z;
};
struct Sphere {
  struct Vec centre;
  double radius, shine;
};
static const struct Sphere kScene[] = {{{0, 0, 6}, 1.5, 0.3},
                                       {{2.2, 0.6, 5}, 0.9, 0.5},
                                       {{-2.1, -0.5, 4.5}, 0.8, 0.2},
                                       {{0.4, -101, 6}, 99.2, 0.1},
                                       {{-0.8, 1.9, 7}, 0.7, 0.6}};
enum { kSpheres = sizeof kScene / sizeof kScene[0] };

static struct Vec add(struct Vec a, struct Vec b) { return (struct Vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static struct Vec scale(struct Vec a, double s) { return (struct Vec){a.x * s, a.y * s, a.z * s}; }
static struct Vec subtract(struct Vec a, struct Vec b) { return (struct Vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static double dot(struct Vec a, struct Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static NOINLINE struct Vec unit(struct Vec a) { return scale(a, 1 / __builtin_sqrt(dot(a, a))); }

// The nearest hit along a ray, or -1; its distance in *distance.
static NOINLINE int hit(struct Vec from, struct Vec direction, double* distance) {
  int nearest = -1;
  *distance = 1e9;
  for (int i = 0; i < kSpheres; ++i) {
    struct Vec to = subtract(kScene[i].centre, from);
    double along = dot(to, direction);
    double inside = along * along - dot(to, to) + kScene[i].radius * kScene[i].radius;
    if (along < 0 || inside < 0) continue;
    double at = along - __builtin_sqrt(inside);
    if (at > 1e-6 && at < *distance) *distance = at, nearest = i;
  }
  return nearest;
}

static NOINLINE double trace(struct Vec from, struct Vec direction, int depth) {
  double distance, ignored;
  int i = hit(from, direction, &distance);
  if (i < 0) return 0.2 + 0.3 * direction.y;
  struct Vec point = add(from, scale(direction, distance));
  struct Vec normal = unit(subtract(point, kScene[i].centre));
  struct Vec light = unit(subtract((struct Vec){-4, 6, -2}, point));
  double bright = dot(normal, light);
  if (bright < 0 || hit(point, light, &ignored) >= 0) bright = 0;
  bright += 0.1;
  if (depth == 0) return bright;
  struct Vec mirror = subtract(direction, scale(normal, 2 * dot(direction, normal)));
  return bright * (1 - kScene[i].shine) + trace(point, mirror, depth - 1) * kScene[i].shine;
}

int main(int argc, char** argv) {
  enum { kSize = 64 };
  uint32_t rounds = kernel_rounds(argc, argv, 100);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    struct Vec eye = {0.01 * r, 0, -1};
    double total = 0;
    for (int i = 0; i < kSize * kSize; ++i) {
      struct Vec at = {(i % kSize - kSize / 2) / 40.0, (kSize / 2 - i / kSize) / 40.0, 1};
      total += trace(eye, unit(at), 2);
    }
    sum = fold_double(sum, total);
  }
  return kernel_report("raytrace", sum);
}
