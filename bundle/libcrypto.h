/* What libcrypto hands out, released by CLEANUP(…). Keys and certificates: pem.h. Inside bundle/ only. */
#ifndef KANSHIKI_BUNDLE_LIBCRYPTO_H
#define KANSHIKI_BUNDLE_LIBCRYPTO_H

#include "core/compiler.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

CLEANUP_POINTER(ASN1_INTEGER, ASN1_INTEGER_free);
CLEANUP_POINTER(ASN1_TIME, ASN1_TIME_free);
CLEANUP_POINTER(BIO, BIO_free_all);
CLEANUP_POINTER(EVP_MD_CTX, EVP_MD_CTX_free);
CLEANUP_POINTER(X509_ALGOR, X509_ALGOR_free);
CLEANUP_POINTER(X509_CRL, X509_CRL_free);
CLEANUP_POINTER(X509_REVOKED, X509_REVOKED_free);
CLEANUP_POINTER(X509_STORE, X509_STORE_free);
CLEANUP_POINTER(X509_STORE_CTX, X509_STORE_CTX_free);

#endif
