#include "time/sched.h"

/* xoshiro256** 1.0 and splitmix64 (Blackman, Vigna: "Scrambled linear pseudorandom number
 * generators", 2018): the state is filled by splitmix64, so that any seed is a good one. */

void nd_random_init(struct nd_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        random->s[i] = z ^ (z >> 31);
    }
}

static uint64_t rotated(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t nd_random_next(struct nd_random *random)
{
    uint64_t *s = random->s;
    uint64_t result = rotated(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

double nd_random_unit(struct nd_random *random)
{
    return (double)(nd_random_next(random) >> 11) * 0x1.0p-53;
}
