// Five bodies under gravity: double arithmetic with sqrt and division.
#include "kernel.h"

enum { kBodies = 5 };
struct Body {
  double x, y, z, vx, vy, vz, mass;
};
static struct Body bodies[kBodies] = {
    {0, 0, 0, 0, 0, 0, 40.0},
    {5.1, -1.2, 0.1, 0.6, 2.7, -0.02, 0.04},
    {-8.0, 4.3, 0.4, -1.0, -1.8, 0.01, 0.011},
    {12.5, 15.0, -0.2, -1.1, 0.8, 0.02, 0.0017},
    {-15.5, -25.0, 0.2, 0.9, -0.6, -0.03, 0.002},
};

static NOINLINE void advance(double step) {
  for (int i = 0; i < kBodies; ++i) {
    struct Body* a = &bodies[i];
    for (int j = i + 1; j < kBodies; ++j) {
      struct Body* b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double distance2 = dx * dx + dy * dy + dz * dz;
      double pull = step / (distance2 * __builtin_sqrt(distance2));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < kBodies; ++i) {
    struct Body* a = &bodies[i];
    a->x += step * a->vx, a->y += step * a->vy, a->z += step * a->vz;
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 300);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    for (uint32_t i = 0; i < 1000; ++i) advance(0.001);
    sum = fold_double(sum, bodies[r % kBodies].x);
  }
  return kernel_report("nbody", sum);
}
