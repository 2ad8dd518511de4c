/* getaddrinfo from a file, for LD_PRELOAD. Each line of the file named by FAKE_HOSTS:
 *
 *     NAME DELAY_MILLIS ADDRESS…
 *
 * IPv4 addresses, in the order in which they are given; none: the name is not found. A name that is not listed is not
 * found either. The file is read at every call, so that a test can change it. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct addrinfo *entry(const char *address, struct addrinfo *next) {
  struct addrinfo *made = calloc(1, sizeof *made + sizeof(struct sockaddr_in));
  struct sockaddr_in *socket = (struct sockaddr_in *)(made + 1);
  socket->sin_family = AF_INET;
  inet_pton(AF_INET, address, &socket->sin_addr);
  made->ai_family = AF_INET;
  made->ai_socktype = SOCK_STREAM;
  made->ai_addr = (struct sockaddr *)socket;
  made->ai_addrlen = sizeof *socket;
  made->ai_next = next;
  return made;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  (void)service, (void)hints;
  char line[4096], addresses[8][64];
  FILE *file = fopen(getenv("FAKE_HOSTS"), "r");
  int count = 0, delay = 0;
  while (file && fgets(line, sizeof line, file)) {
    char *rest = NULL, *word = strtok_r(line, " \n", &rest);
    if (!word || strcmp(word, name)) continue;
    if ((word = strtok_r(NULL, " \n", &rest))) delay = atoi(word);
    while (count < 8 && (word = strtok_r(NULL, " \n", &rest))) strncpy(addresses[count++], word, 63);
    break;
  }
  if (file) fclose(file);
  usleep((useconds_t)delay * 1000);
  if (count == 0) return EAI_NONAME;
  *out = NULL;
  while (count > 0) *out = entry(addresses[--count], *out);
  return 0;
}

void freeaddrinfo(struct addrinfo *list) {
  while (list) {
    struct addrinfo *next = list->ai_next;
    free(list);
    list = next;
  }
}
