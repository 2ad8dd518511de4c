/* ctls.h: TLS connections over non-blocking sockets, by OpenSSL 3.
 *
 * What makes them cost little: a BIO of our own receives and sends straight on the socket and remembers when a short
 * read has emptied it, so that no system call only learns that there is nothing; OpenSSL's blocks come from free lists
 * of each thread, so that a steady state never calls malloc; buffers go back to these lists whenever they are empty.
 *
 * A connection belongs to one thread. Contexts may be shared and are counted by reference. */
#ifndef CTLS_H
#define CTLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct ssl_ctx_st ct_context;
typedef struct x509_store_st ct_trust;
typedef struct ct_connection ct_connection;
typedef struct ssl_session_st ct_session;

/* Certificates that one listener can choose from by name. */
enum { CT_MAX_CERTIFICATES = 64 };
enum { CT_PROBLEM_BYTES = 512 };
enum { CT_TICKET_KEY_BYTES = 80 };

/* Lets OpenSSL take its memory from free lists. To be called before anything else of OpenSSL; 0: too late. */
int ct_use_free_lists(void);

/* ---- contexts ---- */

/* A server's context for `count` certificates with their keys, PEM files. The first one answers where no name is asked
 * for or none fits. Clients are asked for a certificate if `asks_for_certificate`; whether it will do is decided later,
 * by the route. NULL: `problem` says why, which file, and what to do. */
ct_context *ct_server_context(const char *const *certificates, const char *const *keys, int count,
                              int asks_for_certificate, char problem[CT_PROBLEM_BYTES]);
/* Session tickets of one context are good for another that has the same keys. */
void ct_copy_ticket_keys(ct_context *from, ct_context *to);

/* Trust anchors: of the PEM file, of the PEM text, or with neither the system's. */
ct_trust *ct_trust_new(const char *file, const char *text, size_t text_bytes, char problem[CT_PROBLEM_BYTES]);
void ct_trust_free(ct_trust *trust);

/* A client's context. A peer's chain must lead to `trust`, which it holds on to. NULL: no memory. */
ct_context *ct_client_context(ct_trust *trust);
void ct_context_retain(ct_context *context);
void ct_context_free(ct_context *context);

/* Whom a client's connection is to reach: the peer's certificate must carry one of `names`, host names or addresses. */
typedef struct {
  const char *const *names;
  int count;
  const char *server_name; /* goes out as SNI; NULL: none, for addresses (RFC 6066, 3) */
} ct_peer;

/* ---- connections ---- */

ct_connection *ct_accept(ct_context *context, int fd);
/* `peer` must stay until the handshake is done. `session`: where the peer's latest session is kept for the next
 * connection to the same peer by the same context; it must outlive this connection. */
ct_connection *ct_connect(ct_context *context, int fd, const ct_peer *peer, ct_session **session);
/* Does not close the socket. */
void ct_free(ct_connection *connection);
void ct_session_free(ct_session *session);

/* Tells that the socket has become readable; `ended`: the peer has closed its side too. */
void ct_note_readable(ct_connection *connection, int ended);

/* 1: done. -EAGAIN: goes on when the socket is ready. Other -errno: failed. */
int ct_handshake(ct_connection *connection);
int ct_is_established(const ct_connection *connection);
/* Whether the connection has failed, or the peer has said that it sends no more: reading tells. */
int ct_has_ended(const ct_connection *connection);
/* Whether something has come that ct_read would return. Reads from the socket, and takes in session tickets. */
int ct_has_data(ct_connection *connection);

/* As recv: a count, 0 at the peer's orderly end, or -errno. A count below `count` means that nothing is left for now. An
 * end without the peer's close_notify is -EPROTO: something may have been cut off. */
ssize_t ct_read(ct_connection *connection, void *into, size_t count);
/* As send. After -EAGAIN the same bytes must be offered again, wherever they stand by then. */
ssize_t ct_write(ct_connection *connection, const void *from, size_t count);
/* Sends close_notify, if the socket takes it. */
void ct_close_notify(ct_connection *connection);

/* 0: the peer's certificate was accepted, or it never came to that. Else a code for ct_verify_problem. */
int ct_verify_result(const ct_connection *connection);
/* Why a certificate was not accepted, in OpenSSL's words. */
const char *ct_verify_problem(int result);
/* The peer's certificate (X509 *), valid as long as the connection; NULL: it showed none. */
void *ct_peer_certificate(const ct_connection *connection);
/* The chain that it sent (STACK_OF(X509) *), or NULL. */
void *ct_peer_chain(const ct_connection *connection);
int ct_was_resumed(const ct_connection *connection);
/* Of TLS 1.n: n. */
int ct_minor_version(const ct_connection *connection);

#endif
