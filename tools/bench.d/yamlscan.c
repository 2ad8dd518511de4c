/* The floor for a compiler of YAML: libyaml's own event scan over the same bytes. Prints seconds, seconds of CPU and events. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

static double seconds(struct timespec begin, struct timespec end) {
  return (end.tv_sec - begin.tv_sec) + (end.tv_nsec - begin.tv_nsec) / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: yamlscan FILE\n"), 64;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return perror(argv[1]), 66;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(size);
  if (fread(bytes, 1, size, file) != (size_t)size) return perror(argv[1]), 66;
  struct timespec begin, end, cpu_begin, cpu_end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_begin);
  yaml_parser_t parser;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, bytes, size);
  long events = 0;
  for (int done = 0; !done; events++) {
    yaml_event_t event;
    if (!yaml_parser_parse(&parser, &event)) return fprintf(stderr, "%s\n", parser.problem), 1;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_end);
  printf("%.3f %.3f %ld\n", seconds(begin, end), seconds(cpu_begin, cpu_end), events);
  return 0;
}
