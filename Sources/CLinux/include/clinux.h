/* clinux.h: one thin `static inline` per system call that Swift's Glibc module lacks or makes awkward.
 * Each returns the call's result, or -errno: errno is read here and nowhere else. */
#ifndef CLINUX_H
#define CLINUX_H
#endif
