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
static const uint16_t RTBL_MINOR = 1;
static const uint32_t RTBL_NONE = 0xffffffffu;

/* The unit of the content digest: SHA-256 over the SHA-256 of each 1 MiB of the file. */
static const uint32_t RTBL_DIGEST_CHUNK = 1u << 20;
static const uint32_t RTBL_DIGEST_OFFSET = 32;

/* Limits of the format. */
static const uint32_t RTBL_MAX_SECTIONS = 256;
static const uint32_t RTBL_MAX_STRING = 65535;       /* bytes: the length prefix is a u16 */
static const uint32_t RTBL_MAX_CYCLE = 65535;        /* entries of one rotation: positions are u16 */
static const uint32_t RTBL_MAX_PATH_SEGMENTS = 64;   /* of a path that a table can route */
static const uint32_t RTBL_MAX_CONDITIONS = 16;      /* of a match: headers, and query parameters (Gateway API maxItems) */
static const uint32_t RTBL_MAX_LIST = 65535;         /* elements of a list: counts are u16 */

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
  RTBL_SECTION_REGEXES = 21,
  RTBL_SECTION_REGEX_DATA = 22,

  /* Since 1.1, each of them absent where it would be empty. */
  RTBL_SECTION_CONDITION_SETS = 19,
  RTBL_SECTION_CONDITIONS = 20,
  RTBL_SECTION_RULE_EXTRAS = 23,
  RTBL_SECTION_HEADER_OPERATIONS = 24,
  RTBL_SECTION_REDIRECTS = 25,
  RTBL_SECTION_CORS = 26,
  RTBL_SECTION_AUTHENTICATIONS = 27,
  RTBL_SECTION_AUTHENTICATION_SCHEMES = 28,
  RTBL_SECTION_TOKEN_ISSUERS = 29,
  RTBL_SECTION_RATE_LIMITS = 30,
  RTBL_SECTION_BACKEND_EXTRAS = 31,
  RTBL_SECTION_BACKEND_TLS = 32,
  RTBL_SECTION_RETRIES = 33,
  RTBL_SECTION_CIRCUIT_BREAKERS = 34,
  RTBL_SECTION_HEALTH_CHECKS = 35,
  RTBL_SECTION_AI_RATE_LIMITS = 36,
  RTBL_SECTION_POOL_EXTRAS = 37,
  RTBL_SECTION_NUMBER_LISTS = 38,
  RTBL_SECTION_BLOBS = 39,
  RTBL_SECTION_BLOB_DATA = 40,
  RTBL_SECTION_SECRET_TEXTS = 41,

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
  uint32_t regex;          /* index, RTBL_NONE for exact and prefix routes */
  uint32_t conditions;     /* index into CONDITION_SETS, or RTBL_NONE: none */
  uint16_t methods;        /* bit set, not empty */
  uint16_t strip_bytes;    /* leading bytes of the normalised path that the upstream path does without */
} rtbl_route;

enum {
  RTBL_REWRITE_NONE = 0,
  RTBL_REWRITE_FULL = 1,
  RTBL_REWRITE_PREFIX = 2,
  RTBL_REWRITE_CAPTURES = 3, /* as FULL; \1 … \9 in rewrite_value stand for the regular expression's groups */
};
enum { RTBL_ENVIRONMENT_PRODUCTION = 1, RTBL_ENVIRONMENT_SANDBOX = 2 };

typedef struct {
  uint32_t api;            /* index */
  uint32_t rewrite_value;  /* string */
  uint32_t model_pool;     /* index, or RTBL_NONE: no model rotation */
  uint32_t backend_pool;   /* index of the pool of the rule's own backendRefs, or RTBL_NONE */
  uint32_t extras;         /* index into RULE_EXTRAS, or RTBL_NONE */
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
  uint32_t authentication; /* RTBL_NONE: each rule says what it asks for */
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

/* Regular expressions (FORMAT.md, "Regular expressions"). */
static const uint32_t RTBL_MAX_REGEX_GROUPS = 9;          /* \1 … \9 */
static const uint32_t RTBL_MAX_REGEX_CELLS = 65535;       /* states × classes of the match automaton */
static const uint32_t RTBL_MAX_REGEX_CAPTURE_CELLS = 16384; /* states × classes of the capture automaton */
static const uint32_t RTBL_MAX_REGEX_PROGRAM = 4096;      /* instructions */
static const uint32_t RTBL_MAX_REWRITE_GROUPS = 16;       /* places in one rewrite_value that name a group */
static const uint32_t RTBL_REGEX_CLASS_MAP_BYTES = 256;

typedef struct {           /* its tables lie in REGEX_DATA from `data` on: class map, match automaton, capture automaton, program */
  uint32_t pattern;        /* string, as the CR has it */
  uint32_t data;           /* byte offset into REGEX_DATA, a multiple of 8 */
  uint16_t class_count;    /* of bytes; 0 without automata */
  uint16_t state_count;    /* of the match automaton; 0: there is none, the program decides */
  uint16_t start;          /* state */
  uint16_t first_accepting; /* states from this one on accept; state_count: none does */
  uint16_t capture_state_count; /* of the capture automaton; 0: there is none */
  uint16_t capture_start;  /* state */
  uint16_t program_length; /* instructions; 0: there is no program */
  uint8_t groups;          /* 0 … 9 */
  uint8_t reserved;
} rtbl_regex;

enum {
  RTBL_REGEX_BYTES = 1,    /* a byte from `low` to `high` goes on at `out`; else, unless `last`, the next instruction is tried */
  RTBL_REGEX_SPLIT = 2,    /* `out`, and where that fails `other` */
  RTBL_REGEX_CAPTURE = 3,  /* notes the position as number `low`: 0 the begin of group 1, 1 its end, 2 the begin of group 2 … */
  RTBL_REGEX_ASSERT = 4,   /* goes on if all of RTBL_REGEX_AT_… in `low` hold */
  RTBL_REGEX_MATCH = 5,    /* a match, at the end of the text */
  RTBL_REGEX_FAIL = 6,
};

/* rtbl_regex_instruction.low of RTBL_REGEX_ASSERT */
enum {
  RTBL_REGEX_AT_TEXT_BEGIN = 1 << 0,
  RTBL_REGEX_AT_TEXT_END = 1 << 1,
  RTBL_REGEX_AT_LINE_BEGIN = 1 << 2,
  RTBL_REGEX_AT_LINE_END = 1 << 3,
  RTBL_REGEX_AT_WORD_BOUNDARY = 1 << 4,
  RTBL_REGEX_NOT_AT_WORD_BOUNDARY = 1 << 5,
  RTBL_REGEX_AT_ALL = (1 << 6) - 1,
};

typedef struct {
  uint8_t operation;
  uint8_t low;
  uint8_t high;
  uint8_t last;            /* 0 or 1 */
  uint16_t out;            /* instruction */
  uint16_t other;          /* instruction */
} rtbl_regex_instruction;

/* A cell of the capture automaton: the next state's first cell in the low bits, above them the positions that are noted. */
static const uint32_t RTBL_REGEX_CAPTURE_SHIFT = 14;
static const uint32_t RTBL_REGEX_NO_MATCH = 0xffffffffu; /* of the accept cells */

_Static_assert(sizeof(rtbl_regex) == 24, "rtbl_regex");
_Static_assert(sizeof(rtbl_regex_instruction) == 8, "rtbl_regex_instruction");
typedef struct {           /* what a match demands beside path and method: all of it */
  uint32_t first;          /* index into CONDITIONS: headers, then query parameters */
  uint16_t header_count;
  uint16_t query_count;
} rtbl_condition_set;

typedef struct {
  uint32_t name;           /* string: a header's in lower case; a query parameter's decoded */
  uint32_t value;          /* string: the whole value; empty where there is a regex */
  uint32_t regex;          /* index, or RTBL_NONE */
} rtbl_condition;

typedef struct {           /* what a rule asks for that most do not */
  uint32_t first_header_operation; /* index: on the request, then on the response; 0 if there is none */
  uint16_t request_header_count;
  uint16_t response_header_count;
  uint32_t redirect;       /* index, as are the next two, or RTBL_NONE */
  uint32_t cors;
  uint32_t authentication; /* RTBL_NONE: open */
  uint32_t first_rate_limit; /* index into NUMBER_LISTS, which has indexes into RATE_LIMITS; 0 if there is none */
  uint16_t rate_limit_count;
  uint16_t reserved;
  uint32_t request_timeout_millis;         /* 0: never; RTBL_NONE: not limited by the rule */
  uint32_t backend_request_timeout_millis; /* the same */
} rtbl_rule_extras;

enum { RTBL_HEADER_SET = 1, RTBL_HEADER_ADD = 2, RTBL_HEADER_REMOVE = 3 };

typedef struct {
  uint32_t name;           /* string, lower case */
  uint32_t value;          /* string; empty for RTBL_HEADER_REMOVE */
  uint8_t operation;
  uint8_t reserved[3];
} rtbl_header_operation;

typedef struct {
  uint32_t scheme;         /* string, "http" or "https"; empty: the request's */
  uint32_t hostname;       /* string; empty: the request's */
  uint32_t path_value;     /* string */
  uint16_t port;           /* 0: the scheme's own where a scheme is named, else the request's */
  uint16_t status;         /* 301, 302, 303, 307, 308 */
  uint8_t path;            /* RTBL_REWRITE_NONE, _FULL or _PREFIX */
  uint8_t reserved[3];
} rtbl_redirect;

typedef struct {           /* `count` strings of STRING_LISTS from `first` on; 0, 0: none */
  uint32_t first;
  uint16_t count;
  uint16_t reserved;
} rtbl_strings;

enum { RTBL_CORS_ALLOW_CREDENTIALS = 1 };

typedef struct {
  rtbl_strings origins;    /* at least one; "*": any */
  rtbl_strings methods;
  rtbl_strings headers;
  rtbl_strings exposed_headers;
  uint32_t max_age_seconds; /* RTBL_NONE: not said */
  uint32_t flags;
} rtbl_cors;

typedef struct {
  uint32_t object_namespace; /* string; both empty: no Authentication, a TokenIssuer asks for tokens */
  uint32_t object_name;
  uint32_t first_scheme;   /* index into AUTHENTICATION_SCHEMES */
  uint32_t first_issuer;   /* index into NUMBER_LISTS, which has indexes into TOKEN_ISSUERS; 0 if there is none */
  uint16_t scheme_count;   /* at least 1 */
  uint16_t issuer_count;
} rtbl_authentication;

enum {
  RTBL_AUTHENTICATION_OAUTH2 = 1,        /* a JWT in a header */
  RTBL_AUTHENTICATION_JWT = 2,           /* the same, under another name */
  RTBL_AUTHENTICATION_API_KEY_HEADER = 3, /* a JWT in a header, bare */
  RTBL_AUTHENTICATION_API_KEY_QUERY = 4, /* a JWT in a query parameter */
  RTBL_AUTHENTICATION_MUTUAL_TLS = 5,
};

enum {
  RTBL_AUTHENTICATION_MANDATORY = 1 << 0,
  RTBL_AUTHENTICATION_SEND_UPSTREAM = 1 << 1,
};

typedef struct {
  uint32_t name;           /* string: of the header (lower case) or query parameter; empty for mutual TLS */
  rtbl_strings audiences;
  uint32_t certificates;   /* index into BLOBS, for mutual TLS, else RTBL_NONE */
  uint8_t kind;
  uint8_t flags;
  uint16_t reserved;
} rtbl_authentication_scheme;

typedef struct {
  uint32_t object_namespace; /* string, as are the next six */
  uint32_t object_name;
  uint32_t name;
  uint32_t issuer;         /* the `iss` claim */
  uint32_t organization;
  uint32_t consumer_key_claim;
  uint32_t scopes_claim;
  rtbl_strings environments; /* none: all */
  rtbl_strings claim_mappings; /* remote, local, remote, local, … */
  uint32_t certificates;   /* index into BLOBS, or RTBL_NONE: PEM, of the keys that tokens are signed with */
  uint32_t key_set;        /* the same: a JWK Set */
  uint32_t key_set_url;    /* string, or empty */
  uint32_t key_set_url_certificates; /* index into BLOBS: PEM, to verify the URL's host with; RTBL_NONE: the system's */
} rtbl_token_issuer;

enum { RTBL_WINDOW_MINUTE = 1, RTBL_WINDOW_HOUR = 2, RTBL_WINDOW_DAY = 3 };
enum { RTBL_LIMIT_API = 1, RTBL_LIMIT_RESOURCE = 2, RTBL_LIMIT_CUSTOM = 3 };

typedef struct {           /* one counter */
  uint64_t identity;       /* carries the counter across reloads */
  uint32_t object_namespace; /* string, as are the next four: of the RateLimitPolicy */
  uint32_t object_name;
  uint32_t key;            /* of a custom limit, as are the next two; else empty */
  uint32_t value;          /* empty: each value is counted apart */
  uint32_t organization;
  uint32_t requests;       /* per window, at least 1 */
  uint8_t scope;
  uint8_t window;
  uint8_t reserved[6];
} rtbl_rate_limit;

typedef struct {           /* what a backend asks for that most do not; at most one per backend */
  uint32_t backend;        /* index */
  uint32_t tls;            /* index, as are the next four, or RTBL_NONE */
  uint32_t retry;
  uint32_t circuit_breaker;
  uint32_t health_check;
  uint32_t ai_rate_limit;
  uint32_t request_idle_timeout_millis; /* 0: never; RTBL_NONE: the dataplane's own default */
} rtbl_backend_extras;

typedef struct {
  uint32_t certificates;   /* index into BLOBS: PEM; RTBL_NONE: the system's */
  rtbl_strings allowed_sans; /* none: the backend's host */
} rtbl_backend_tls;

typedef struct {
  uint32_t count;
  uint32_t base_interval_millis; /* at least 1 */
  uint32_t first_status;   /* index into NUMBER_LISTS: ascending status codes; 0 if there is none */
  uint16_t status_count;
  uint16_t reserved;
} rtbl_retry;

typedef struct {
  uint32_t max_connections;
  uint32_t max_pending_requests;
  uint32_t max_requests;
  uint32_t max_retries;
  uint32_t max_connection_pools; /* RTBL_NONE: no limit */
} rtbl_circuit_breaker;

typedef struct {           /* each at least 1 */
  uint32_t timeout_seconds;
  uint32_t interval_seconds;
  uint32_t unhealthy_threshold;
  uint32_t healthy_threshold;
} rtbl_health_check;

typedef struct {           /* the counters of one backend; RTBL_NONE: no limit */
  uint64_t identity;       /* carries the counters across reloads */
  uint32_t object_namespace; /* string, as are the next two: of the AIRateLimitPolicy */
  uint32_t object_name;
  uint32_t organization;
  uint32_t prompt_tokens;
  uint32_t completion_tokens;
  uint32_t total_tokens;
  uint32_t requests;
  uint8_t token_window;    /* 0 where no tokens are limited */
  uint8_t request_window;  /* 0 where no requests are limited */
  uint16_t reserved;
} rtbl_ai_rate_limit;

enum { RTBL_STICKY_HEADER = 1, RTBL_STICKY_CLAIM = 2 };

typedef struct {           /* what a pool asks for that most do not; at most one per pool */
  uint32_t pool;           /* index */
  uint32_t sticky_name;    /* string: of the header (lower case) or claim */
  uint8_t sticky;
  uint8_t reserved[3];
} rtbl_pool_extras;

typedef struct {           /* a long text, such as certificates */
  uint32_t first;          /* index into BLOB_DATA; where bytes is 0, into SECRET_TEXTS */
  uint32_t bytes;          /* 0: the text is in no table */
} rtbl_blob;

typedef struct {           /* a text that is found where the table is served, in a Secret that the compiler has not seen */
  uint32_t secret_namespace; /* string, as are the next two */
  uint32_t secret_name;
  uint32_t key;
  uint32_t rest;           /* index of an earlier blob, whose text follows; RTBL_NONE: none does */
} rtbl_secret_text;

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
_Static_assert(sizeof(rtbl_condition_set) == 8, "rtbl_condition_set");
_Static_assert(sizeof(rtbl_condition) == 12, "rtbl_condition");
_Static_assert(sizeof(rtbl_rule_extras) == 36, "rtbl_rule_extras");
_Static_assert(sizeof(rtbl_header_operation) == 12, "rtbl_header_operation");
_Static_assert(sizeof(rtbl_redirect) == 20, "rtbl_redirect");
_Static_assert(sizeof(rtbl_strings) == 8, "rtbl_strings");
_Static_assert(sizeof(rtbl_cors) == 40, "rtbl_cors");
_Static_assert(sizeof(rtbl_authentication) == 20, "rtbl_authentication");
_Static_assert(sizeof(rtbl_authentication_scheme) == 20, "rtbl_authentication_scheme");
_Static_assert(sizeof(rtbl_token_issuer) == 60, "rtbl_token_issuer");
_Static_assert(sizeof(rtbl_rate_limit) == 40, "rtbl_rate_limit");
_Static_assert(sizeof(rtbl_backend_extras) == 28, "rtbl_backend_extras");
_Static_assert(sizeof(rtbl_backend_tls) == 12, "rtbl_backend_tls");
_Static_assert(sizeof(rtbl_retry) == 16, "rtbl_retry");
_Static_assert(sizeof(rtbl_circuit_breaker) == 20, "rtbl_circuit_breaker");
_Static_assert(sizeof(rtbl_health_check) == 16, "rtbl_health_check");
_Static_assert(sizeof(rtbl_ai_rate_limit) == 40, "rtbl_ai_rate_limit");
_Static_assert(sizeof(rtbl_pool_extras) == 12, "rtbl_pool_extras");
_Static_assert(sizeof(rtbl_blob) == 8, "rtbl_blob");
_Static_assert(sizeof(rtbl_secret_text) == 16, "rtbl_secret_text");
_Static_assert(sizeof(rtbl_position) == 8, "rtbl_position");

#endif
