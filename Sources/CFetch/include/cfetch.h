/* cfetch.h: a connection to an HTTP or HTTPS server that is used by blocking calls with one deadline for all of them,
 * for threads that fetch something now and then. */
#ifndef CFETCH_H
#define CFETCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct cf_connection cf_connection;

enum { CF_PROBLEM_BYTES = 256 };

/* Connects to `host` (a name, or an address without brackets) within `timeout_seconds`, which also bound everything that
 * follows. With `is_tls` the peer's certificate must be for `host` and lead to `trust`, a PEM text; with NULL to the
 * system's trust anchors. NULL: `problem` says why. */
cf_connection *cf_connect(const char *host, uint16_t port, int is_tls, const char *trust, size_t trust_bytes,
                          int timeout_seconds, char problem[CF_PROBLEM_BYTES]);
/* Sends all of it: 0, or -errno. */
int cf_send(cf_connection *connection, const void *from, size_t count);
/* What has come: a count, 0 at the peer's orderly end, or -errno. */
ssize_t cf_receive(cf_connection *connection, void *into, size_t count);
void cf_close(cf_connection *connection);

#endif
