#include "ctls.h"
#include "internal.h"
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sys/socket.h>

struct ct_connection {
  SSL *ssl;
  const ct_peer *peer;     /* NULL on a server's side, as is the next */
  SSL_SESSION **session;
  int fd;
  unsigned char is_drained; /* a short read has emptied the socket: nothing comes before the next event */
  unsigned char has_ended;  /* the peer has closed its side: the end waits behind what there is to read */
  unsigned char has_failed; /* a fatal error: nothing may be sent any more, not even close_notify */
};

/* ---- the socket, as a BIO ---- */

static int socket_read(BIO *bio, char *into, size_t count, size_t *read) {
  ct_connection *connection = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (connection->is_drained) {
    BIO_set_retry_read(bio);
    return 0;
  }
  ssize_t n = recv(connection->fd, into, count, 0);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      connection->is_drained = errno == EAGAIN;
      BIO_set_retry_read(bio);
    }
    return 0;
  }
  if (n == 0) {
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
  }
  connection->is_drained = (size_t)n < count && !connection->has_ended;
  *read = (size_t)n;
  return 1;
}

static int socket_write(BIO *bio, const char *from, size_t count, size_t *written) {
  ct_connection *connection = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  ssize_t n = send(connection->fd, from, count, MSG_NOSIGNAL);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) BIO_set_retry_write(bio);
    return 0;
  }
  *written = (size_t)n;
  return 1;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
  (void)number, (void)pointer;
  switch (command) {
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP: return 1;
    default: return 0;
  }
}

static BIO_METHOD *socket_method;
static pthread_once_t socket_method_once = PTHREAD_ONCE_INIT;

static void make_socket_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
  if (!method) return;
  BIO_meth_set_read_ex(method, socket_read);
  BIO_meth_set_write_ex(method, socket_write);
  BIO_meth_set_ctrl(method, socket_control);
  socket_method = method;
}

/* ---- connections ---- */

/* SSL_get_error goes by what is in the thread's queue. Clearing an empty one takes 800 instructions, looking at it 60. */
static void forget_errors(void) {
  if (ERR_peek_error()) ERR_clear_error();
}

static ct_connection *new_connection(ct_context *context, int fd) {
  pthread_once(&socket_method_once, make_socket_method);
  forget_errors();
  ct_connection *connection = OPENSSL_zalloc(sizeof *connection);
  SSL *ssl = SSL_new(context);
  BIO *bio = socket_method ? BIO_new(socket_method) : NULL;
  if (!connection || !ssl || !bio) {
    OPENSSL_free(connection);
    SSL_free(ssl);
    BIO_free(bio);
    return NULL;
  }
  connection->ssl = ssl;
  connection->fd = fd;
  BIO_set_data(bio, connection);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, connection);
  return connection;
}

ct_connection *ct_accept(ct_context *context, int fd) {
  ct_connection *connection = new_connection(context, fd);
  if (connection) SSL_set_accept_state(connection->ssl);
  return connection;
}

ct_connection *ct_connect(ct_context *context, int fd, const ct_peer *peer, ct_session **session) {
  ct_connection *connection = new_connection(context, fd);
  if (!connection) return NULL;
  SSL_set_connect_state(connection->ssl);
  connection->peer = peer;
  connection->session = session;
  if (peer->server_name && SSL_set_tlsext_host_name(connection->ssl, peer->server_name) != 1) return ct_free(connection), NULL;
  if (session && *session) SSL_set_session(connection->ssl, *session);
  return connection;
}

int ct_keep_session(SSL *ssl, SSL_SESSION *session) {
  ct_connection *connection = SSL_get_app_data(ssl);
  if (!connection->session) return 0;
  SSL_SESSION_free(*connection->session);
  *connection->session = session;
  return 1; /* the reference is ours now */
}

const ct_peer *ct_peer_of(const SSL *ssl) { return ((ct_connection *)SSL_get_app_data(ssl))->peer; }

void ct_session_free(ct_session *session) { SSL_SESSION_free(session); }

void ct_free(ct_connection *connection) {
  if (!connection) return;
  /* else OpenSSL marks the session of a connection that ends without an exchange of alerts as not to be resumed */
  SSL_set_shutdown(connection->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(connection->ssl);
  OPENSSL_free(connection);
}

void ct_note_readable(ct_connection *connection, int ended) {
  connection->is_drained = 0;
  if (ended) connection->has_ended = 1;
}

/* -errno for what an SSL_… call returned, 0 for the peer's orderly end. */
static ssize_t failure(ct_connection *connection, int result) {
  switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL:
      connection->has_failed = 1;
      return -ECONNRESET;
    default:
      connection->has_failed = 1;
      forget_errors();
      return -EPROTO;
  }
}

int ct_handshake(ct_connection *connection) {
  forget_errors();
  int result = SSL_do_handshake(connection->ssl);
  if (result == 1) return 1;
  ssize_t code = failure(connection, result);
  return code == 0 ? -EPROTO : (int)code;
}

int ct_is_established(const ct_connection *connection) { return SSL_is_init_finished(connection->ssl); }
int ct_has_ended(const ct_connection *connection) {
  return connection->has_failed || (SSL_get_shutdown(connection->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

int ct_has_data(ct_connection *connection) {
  char byte;
  forget_errors();
  int result = SSL_peek(connection->ssl, &byte, 1);
  if (result <= 0) failure(connection, result);
  return result > 0;
}

ssize_t ct_read(ct_connection *connection, void *into, size_t count) {
  size_t total = 0;
  forget_errors();
  while (total < count) {
    size_t n = 0;
    int result = SSL_read_ex(connection->ssl, (char *)into + total, count - total, &n);
    if (result != 1) {
      ssize_t code = failure(connection, result);
      return total > 0 ? (ssize_t)total : code; /* an error or end comes again with the next call */
    }
    total += n;
    /* another call would only find that out, and takes as long as a small record */
    if (connection->is_drained && !SSL_has_pending(connection->ssl)) break;
  }
  return (ssize_t)total;
}

ssize_t ct_write(ct_connection *connection, const void *from, size_t count) {
  size_t total = 0;
  forget_errors();
  while (total < count) {
    size_t n = 0;
    int result = SSL_write_ex(connection->ssl, (const char *)from + total, count - total, &n);
    if (result != 1) {
      ssize_t code = failure(connection, result);
      return total > 0 ? (ssize_t)total : code == 0 ? -EPIPE : code;
    }
    total += n;
  }
  return (ssize_t)total;
}

void ct_close_notify(ct_connection *connection) {
  if (connection->has_failed || !SSL_is_init_finished(connection->ssl)) return;
  forget_errors();
  SSL_shutdown(connection->ssl);
  forget_errors();
}

int ct_verify_result(const ct_connection *connection) { return (int)SSL_get_verify_result(connection->ssl); }
const char *ct_verify_problem(int result) { return X509_verify_cert_error_string(result); }

void *ct_peer_certificate(const ct_connection *connection) { return SSL_get0_peer_certificate(connection->ssl); }
void *ct_peer_chain(const ct_connection *connection) { return SSL_get_peer_cert_chain(connection->ssl); }
int ct_was_resumed(const ct_connection *connection) { return SSL_session_reused(connection->ssl); }
/* TLS 1.0 is 0x0301 */
int ct_minor_version(const ct_connection *connection) { return SSL_version(connection->ssl) - 0x0301; }
