/* What the files of this module share. */
#ifndef CTLS_INTERNAL_H
#define CTLS_INTERNAL_H

#include "ctls.h"
#include <openssl/ssl.h>

/* A session of a client's connection has come: it is kept where ct_connect was told to. */
int ct_keep_session(SSL *ssl, SSL_SESSION *session);
/* Whom the connection is to reach. */
const ct_peer *ct_peer_of(const SSL *ssl);

#endif
