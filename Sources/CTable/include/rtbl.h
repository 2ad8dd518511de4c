/* rtbl.h: the layout of a routing table file. FORMAT.md says what each field means.
 *
 * This header is the layout's one truth: Swift imports these structs as they stand, so their sizes and
 * offsets are C's promise, checked below, and not a guess about Swift's. All numbers are little-endian.
 * A "string" field is a byte offset into the STRINGS section; an "index" counts elements of a section;
 * RTBL_NONE means "there is none". */
#ifndef RTBL_H
#define RTBL_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a routing table is mapped as it is stored: little-endian"
#endif

#define RTBL_MAGIC_BYTES { 0x89, 'R', 'T', 'B', 'L', '\r', '\n', 0x1a }
static const uint64_t RTBL_MAGIC = 0x1a0a0d4c42545289u; /* those bytes, read as a little-endian u64 */
static const uint16_t RTBL_MAJOR = 1;
static const uint16_t RTBL_MINOR = 0;
static const uint32_t RTBL_NONE = 0xffffffffu;

/* The unit of the content digest: SHA-256 over the SHA-256 of each 1 MiB of the file. */
static const uint32_t RTBL_DIGEST_CHUNK = 1u << 20;
static const uint32_t RTBL_DIGEST_OFFSET = 32;

/* Limits of the format. */
static const uint32_t RTBL_MAX_SECTIONS = 256;
static const uint32_t RTBL_MAX_STRING = 65535;       /* bytes: the length prefix is a u16 */
static const uint32_t RTBL_MAX_CYCLE = 65535;        /* entries of one rotation: positions are u16 */
static const uint32_t RTBL_MAX_PATH_SEGMENTS = 64;   /* of a path that a table can route */

/* Section kinds. Kinds below 64 carry traffic and enter the traffic digest; from 64 on they are for people. */
enum {
  RTBL_SECTION_STRINGS = 1,
  RTBL_SECTION_STRING_LISTS = 2,
  RTBL_SECTION_HOSTS = 3,
  RTBL_SECTION_HOST_SLOTS = 4,
  RTBL_SECTION_NODES = 5,
  RTBL_SECTION_NODE_SLOTS = 6,
  RTBL_SECTION_ROUTES = 7,
  RTBL_SECTION_RULES = 8,
  RTBL_SECTION_APIS = 9,
  RTBL_SECTION_POOLS = 10,
  RTBL_SECTION_TARGETS = 11,
  RTBL_SECTION_ROTATIONS = 12,
  RTBL_SECTION_ROTATION_DATA = 13,
  RTBL_SECTION_BACKENDS = 14,
  RTBL_SECTION_BACKEND_SETTINGS = 15,
  RTBL_SECTION_CREDENTIALS = 16,
  RTBL_SECTION_PROVIDERS = 17,
  RTBL_SECTION_POOL_OPTIONS = 18,

  RTBL_SECTION_DEBUG_FILES = 64,
  RTBL_SECTION_DEBUG_APIS = 65,
  RTBL_SECTION_DEBUG_RULES = 66,
  RTBL_SECTION_DEBUG_POOLS = 67,
  RTBL_SECTION_DEBUG_TARGETS = 68,
  RTBL_SECTION_DEBUG_BACKENDS = 69,
};

/* rtbl_section.flags */
enum {
  RTBL_SECTION_MUST_UNDERSTAND = 1, /* a reader that does not know this kind and version refuses the table */
};

typedef struct {
  uint64_t magic;
  uint16_t major;
  uint16_t minor;
  uint32_t header_bytes;   /* 128 */
  uint64_t file_bytes;     /* of the whole file, without a signature trailer */
  uint32_t section_count;
  uint32_t reserved0;
  uint8_t digest[32];      /* of every byte of the file but these 32 */
  uint8_t traffic_digest[32];
  uint8_t reserved1[32];
} rtbl_header;

typedef struct {
  uint32_t kind;
  uint16_t version;
  uint16_t flags;
  uint32_t element_bytes;
  uint32_t reserved;
  uint64_t offset;         /* bytes from the file's start, a multiple of 8 */
  uint64_t count;          /* elements */
} rtbl_section;

typedef struct {           /* one slot of an open-addressing hash table */
  uint32_t tag;            /* upper 32 bits of the key's hash */
  uint32_t index;          /* of the element; RTBL_NONE: the slot is empty and a probe ends */
} rtbl_slot;

enum { RTBL_HOST_WILDCARD = 1 };

typedef struct {
  uint32_t name;           /* string, lower case; of a wildcard the part after '*', ".example.com" */
  uint32_t flags;
} rtbl_host;

typedef struct {           /* one path of one host at which routes hang */
  uint32_t host;           /* index */
  uint32_t path;           /* string, normalised, without a trailing '/'; "" is the root */
  uint32_t first_route;    /* index; the node's routes lie together: exact, then regex, then prefix */
  uint16_t exact_count;
  uint16_t regex_count;
  uint16_t prefix_count;
  uint16_t segments;       /* of path */
} rtbl_node;

enum {
  RTBL_METHOD_GET = 1 << 0,
  RTBL_METHOD_HEAD = 1 << 1,
  RTBL_METHOD_POST = 1 << 2,
  RTBL_METHOD_PUT = 1 << 3,
  RTBL_METHOD_DELETE = 1 << 4,
  RTBL_METHOD_CONNECT = 1 << 5,
  RTBL_METHOD_OPTIONS = 1 << 6,
  RTBL_METHOD_TRACE = 1 << 7,
  RTBL_METHOD_PATCH = 1 << 8,
  RTBL_METHOD_ALL = (1 << 9) - 1,
};

typedef struct {           /* one match of a rule */
  uint32_t rule;           /* index */
  uint32_t regex;          /* RTBL_NONE in 1.0 */
  uint32_t conditions;     /* header and query conditions; RTBL_NONE in 1.0 */
  uint16_t methods;        /* bit set, not empty */
  uint16_t strip_bytes;    /* leading bytes of the normalised path that the upstream path does without */
} rtbl_route;

enum { RTBL_REWRITE_NONE = 0, RTBL_REWRITE_FULL = 1, RTBL_REWRITE_PREFIX = 2 };
enum { RTBL_ENVIRONMENT_PRODUCTION = 1, RTBL_ENVIRONMENT_SANDBOX = 2 };

typedef struct {
  uint32_t api;            /* index */
  uint32_t rewrite_value;  /* string */
  uint32_t model_pool;     /* index, or RTBL_NONE: no model rotation */
  uint32_t backend_pool;   /* index of the pool of the rule's own backendRefs, or RTBL_NONE */
  uint32_t extras;         /* RTBL_NONE in 1.0 */
  uint8_t rewrite;
  uint8_t environment;
  uint16_t reserved;
} rtbl_rule;

enum {
  RTBL_API_OPEN = 1 << 0,            /* asks for no authentication */
  RTBL_API_DEFAULT_VERSION = 1 << 1,
  RTBL_API_PRODUCTION = 1 << 2,
  RTBL_API_SANDBOX = 1 << 3,
};

typedef struct {
  uint32_t object_namespace; /* string, as are the next five */
  uint32_t object_name;
  uint32_t api_name;
  uint32_t api_version;
  uint32_t base_path;
  uint32_t organization;
  uint32_t flags;
  uint32_t authentication; /* RTBL_NONE in 1.0 */
} rtbl_api;

enum { RTBL_POOL_MODELS = 1, RTBL_POOL_BACKENDS = 2 };

typedef struct {
  uint64_t identity;       /* carries the cursor across reloads */
  uint32_t api;            /* index */
  uint32_t owner_namespace; /* string: of the APIPolicy, or of the HTTPRoute for backendRefs */
  uint32_t owner_name;     /* string */
  uint32_t first_target;   /* index */
  uint32_t rotation;       /* index; it says how many targets there are */
  uint32_t options;        /* index */
  uint32_t provider;       /* index, RTBL_NONE where kind is RTBL_POOL_BACKENDS */
  uint8_t kind;
  uint8_t environment;
  uint16_t reserved;
} rtbl_pool;

typedef struct {
  uint64_t identity;       /* carries a suspension across reloads, restarts and hosts */
  uint32_t model;          /* string; empty in a pool of backends */
  uint32_t model_literal;  /* string: the model as JSON, quotes included; empty in a pool of backends */
  uint32_t backend;        /* index */
  uint16_t weight;         /* in the rotation's reduced weights, at least 1 */
  uint8_t tier;
  uint8_t reserved;
} rtbl_target;

typedef struct {
  uint32_t first;          /* index into ROTATION_DATA: cycle, starts, positions */
  uint16_t cycle_length;   /* at least 1 */
  uint16_t target_count;   /* at least 1 */
} rtbl_rotation;

enum { RTBL_SCHEME_HTTP = 1, RTBL_SCHEME_HTTPS = 2 };

typedef struct {
  uint32_t object_namespace; /* string, as are the next four */
  uint32_t object_name;
  uint32_t host;           /* name or address, without brackets */
  uint32_t host_header;    /* as the Host field goes out: with the port unless it is the scheme's own */
  uint32_t base_path;      /* starts with '/' or is empty, never ends with '/' */
  uint32_t credential;     /* index, or RTBL_NONE */
  uint32_t settings;       /* index */
  uint16_t port;
  uint8_t scheme;
  uint8_t reserved;
} rtbl_backend;

typedef struct {           /* milliseconds; 0: the dataplane's own default */
  uint32_t connect_timeout_millis;
  uint32_t response_timeout_millis; /* to the head of an answer */
  uint32_t stream_timeout_millis;   /* between two bytes of an answer's body */
  uint32_t reserved;
} rtbl_backend_settings;

enum { RTBL_CREDENTIAL_HEADER = 1, RTBL_CREDENTIAL_QUERY = 2, RTBL_CREDENTIAL_BASIC = 3 };

typedef struct {           /* where a value is found; a table never holds the value itself */
  uint32_t secret_namespace; /* string, as are the next four */
  uint32_t secret_name;
  uint32_t name;           /* of the header or the query parameter; "authorization" for basic */
  uint32_t key;            /* of the value in the Secret; for basic of the user name */
  uint32_t password_key;   /* for basic, else empty */
  uint8_t kind;
  uint8_t reserved[3];
} rtbl_credential;

enum { RTBL_FIELD_NONE = 0, RTBL_FIELD_BODY = 1, RTBL_FIELD_HEADER = 2 };

typedef struct {           /* where a value stands in a message */
  uint32_t first_component; /* index into STRING_LISTS: object keys from the root; or one header name */
  uint16_t component_count;
  uint8_t location;
  uint8_t reserved;
} rtbl_field;

typedef struct {
  uint32_t object_namespace; /* string; both empty: no AIProvider, the defaults */
  uint32_t object_name;
  rtbl_field request_model;
  rtbl_field response_model;
  rtbl_field prompt_tokens;
  rtbl_field completion_tokens;
  rtbl_field total_tokens;
} rtbl_provider;

/* rtbl_pool_options.failover_on and .suspend_on */
enum {
  RTBL_ON_408 = 1 << 0,
  RTBL_ON_429 = 1 << 1,
  RTBL_ON_500 = 1 << 2,
  RTBL_ON_502 = 1 << 3,
  RTBL_ON_503 = 1 << 4,
  RTBL_ON_504 = 1 << 5,
  RTBL_ON_529 = 1 << 6,
  RTBL_ON_CONNECT = 1 << 7,
  RTBL_ON_TIMEOUT = 1 << 8,
  RTBL_ON_REMAINING = 1 << 9,
  RTBL_ON_ALL = (1 << 10) - 1,
};

enum { RTBL_ALL_SUSPENDED_REJECT = 0, RTBL_ALL_SUSPENDED_LEAST_REMAINING = 1, RTBL_ALL_SUSPENDED_PASSTHROUGH = 2 };
enum { RTBL_RETRY_AFTER_EXTEND = 0, RTBL_RETRY_AFTER_IGNORE = 1 };
enum { RTBL_SUSPEND_FOR_POLICY = 0, RTBL_SUSPEND_FOR_RESET = 1 };
enum { RTBL_CLIENT_MODEL_IGNORE = 0, RTBL_CLIENT_MODEL_HONOUR = 1 };
enum { RTBL_MISSING_MODEL_INSERT = 0, RTBL_MISSING_MODEL_PASS = 1, RTBL_MISSING_MODEL_REJECT = 2 };

typedef struct {
  uint32_t suspend_seconds; /* onQuotaExceedSuspendDuration; 0: never suspended */
  uint32_t failover_on;     /* bit set */
  uint32_t suspend_on;      /* bit set */
  uint8_t failover_attempts; /* attempts in all, at least 1 */
  uint8_t all_suspended;
  uint8_t retry_after;
  uint8_t suspend_for;
  uint8_t client_model;
  uint8_t missing_model;
  uint16_t reserved;
} rtbl_pool_options;

typedef struct {           /* one per element of the section it accompanies */
  uint32_t file;           /* byte offset into DEBUG_FILES, coded like a string */
  uint32_t line;           /* from 1; 0: unknown */
} rtbl_position;

/* A signature may follow the table, right behind file_bytes; nothing else may. */
#define RTBL_SIGNATURE_MAGIC_BYTES { 0x89, 'R', 'T', 'S', 'G', '\r', '\n', 0x1a }
static const uint64_t RTBL_SIGNATURE_MAGIC = 0x1a0a0d4753545289u; /* those bytes, read as a little-endian u64 */

enum { RTBL_SIGNATURE_VERSION = 1 };
enum { RTBL_SIGNATURE_ED25519 = 1 };

typedef struct {
  uint64_t magic;
  uint16_t version;
  uint16_t algorithm;
  uint32_t reserved;
  uint8_t key_id[16];      /* the first half of SHA-256 over the public key's 32 bytes */
  uint8_t signature[64];   /* over the 32 bytes of rtbl_header.digest */
} rtbl_signature;

_Static_assert(sizeof(rtbl_signature) == 96, "rtbl_signature");
_Static_assert(__builtin_offsetof(rtbl_signature, key_id) == 16, "rtbl_signature.key_id");
_Static_assert(sizeof(rtbl_header) == 128, "rtbl_header");
_Static_assert(__builtin_offsetof(rtbl_header, digest) == 32, "rtbl_header.digest");
_Static_assert(sizeof(rtbl_section) == 32, "rtbl_section");
_Static_assert(sizeof(rtbl_slot) == 8, "rtbl_slot");
_Static_assert(sizeof(rtbl_host) == 8, "rtbl_host");
_Static_assert(sizeof(rtbl_node) == 20, "rtbl_node");
_Static_assert(sizeof(rtbl_route) == 16, "rtbl_route");
_Static_assert(sizeof(rtbl_rule) == 24, "rtbl_rule");
_Static_assert(sizeof(rtbl_api) == 32, "rtbl_api");
_Static_assert(sizeof(rtbl_pool) == 40, "rtbl_pool");
_Static_assert(sizeof(rtbl_target) == 24, "rtbl_target");
_Static_assert(sizeof(rtbl_rotation) == 8, "rtbl_rotation");
_Static_assert(sizeof(rtbl_backend) == 32, "rtbl_backend");
_Static_assert(sizeof(rtbl_backend_settings) == 16, "rtbl_backend_settings");
_Static_assert(sizeof(rtbl_credential) == 24, "rtbl_credential");
_Static_assert(sizeof(rtbl_field) == 8, "rtbl_field");
_Static_assert(sizeof(rtbl_provider) == 48, "rtbl_provider");
_Static_assert(sizeof(rtbl_pool_options) == 20, "rtbl_pool_options");
_Static_assert(sizeof(rtbl_position) == 8, "rtbl_position");

#endif
