/* ondemand FILE: prints how many bytes a second simdjson's on-demand parser takes to find `model` and to skip over all
 * members, in GB; the best of 20. */
#include <chrono>
#include <cstdio>
#include <simdjson.h>

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  simdjson::padded_string body = simdjson::padded_string::load(argv[1]);
  simdjson::ondemand::parser parser;
  double best = 0;
  for (int round = 0; round < 20; round++) {
    auto begun = std::chrono::steady_clock::now();
    simdjson::ondemand::document document = parser.iterate(body);
    size_t length = 0;
    for (auto field : document.get_object())
      if (field.unescaped_key().value() == "model") length = field.value().get_string().value().size();
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    if (length == 0) return 1;
    if (body.size() / took.count() > best) best = body.size() / took.count();
  }
  printf("%.3f\n", best / 1e9);
}
