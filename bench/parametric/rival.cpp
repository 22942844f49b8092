// The density of the bench `parametric` as one writes it by hand for speed: one loop for value, gradient or Hessian, vectorised by the compiler
// with libmvec. Answers the requests of bench/comparison/protocol.ts: `rival - FOLDER`, events of f64 in FOLDER/events.f64.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using Numbers = std::vector<double>;
static const double RANGE = 10;

// log p = log(f g + (1 - f) e), g normal, e exponential on [0, RANGE]; answers: value, 4 slopes, 10 second derivatives.
template <int order>
__attribute__((noinline)) static Numbers nll(const double *__restrict x, long n, double f, double m, double s, double c) {
  const double is = 1 / s, decay = std::exp(-RANGE * c), left = 1 - decay;
  const double a = f * is / std::sqrt(2 * M_PI), b = (1 - f) * c / left;
  const double b0 = 1 / c - RANGE * decay / left, B = -1 / (c * c) + RANGE * RANGE * decay / (left * left);
  const double af = 1 / f, bf = -1 / (1 - f);
  double t[15] = {0};
  double t0 = 0, g0 = 0, g1 = 0, g2 = 0, g3 = 0;
  double h00 = 0, h01 = 0, h02 = 0, h03 = 0, h11 = 0, h12 = 0, h13 = 0, h22 = 0, h23 = 0, h33 = 0;
  for (long i = 0; i < n; i++) {
    const double z = (x[i] - m) * is, z2 = z * z;
    const double peak = a * std::exp(-0.5 * z2), rest = b * std::exp(-c * x[i]), p = peak + rest;
    t0 -= std::log(p);
    if (order > 0) {
      const double r = peak / p, q = 1 - r;
      const double am = z * is, as = (z2 - 1) * is, bc = b0 - x[i];
      const double u0 = r * af + q * bf, u1 = r * am, u2 = r * as, u3 = q * bc;
      g0 -= u0, g1 -= u1, g2 -= u2, g3 -= u3;
      if (order > 1) {
        // The squares of the slopes of log f and log(1 - f) cancel their second derivatives.
        h00 += u0 * u0, h01 += u0 * u1 - u1 * af, h02 += u0 * u2 - u2 * af, h03 += u0 * u3 - u3 * bf;
        h11 += u1 * u1 - r * (am * am - is * is), h12 += u1 * u2 - r * (am * as - 2 * am * is), h13 += u1 * u3;
        h22 += u2 * u2 - r * (as * as + (1 - 3 * z2) * is * is), h23 += u2 * u3, h33 += u3 * u3 - q * (bc * bc + B);
      }
    }
  }
  const double all[15] = {t0, g0, g1, g2, g3, h00, h01, h02, h03, h11, h12, h13, h22, h23, h33};
  return Numbers(all, all + (order == 0 ? 1 : order == 1 ? 5 : 15));
}

static Numbers call(const std::string &task, const Numbers &x, int turn) {
  const double m = 5 + 1e-4 * turn;
  if (task == "value") return nll<0>(x.data(), x.size(), 0.3, m, 0.5, 0.3);
  if (task == "gradient") return nll<1>(x.data(), x.size(), 0.3, m, 0.5, 0.3);
  return nll<2>(x.data(), x.size(), 0.3, m, 0.5, 0.3);
}

static std::string text(const std::string &line, const std::string &name) {
  const auto at = line.find("\"" + name + "\":\"");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 4;
  return line.substr(from, line.find('"', from) - from);
}

int main(int, char **argv) {
  std::ifstream file(std::string(argv[2]) + "/events.f64", std::ios::binary | std::ios::ate);
  Numbers x(file.tellg() / 8);
  file.seekg(0);
  file.read(reinterpret_cast<char *>(x.data()), 8 * x.size());
  for (std::string line; std::getline(std::cin, line);) {
    const std::string task = text(line, "task");
    if (text(line, "do") == "check") {
      std::printf("{\"answer\":[");
      const Numbers found = call(task, x, 0);
      for (size_t i = 0; i < found.size(); i++) std::printf("%s%.17g", i == 0 ? "" : ",", found[i]);
      std::printf("]}\n");
    } else {
      const int calls = std::stoi(line.substr(line.find("\"calls\":") + 8));
      call(task, x, 0);
      const auto start = std::chrono::steady_clock::now();
      const std::clock_t busy = std::clock();
      double sink = 0;
      for (int i = 1; i <= calls; i++) sink += call(task, x, i)[0];
      const double passed = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
      const double spent = 1000.0 * (std::clock() - busy) / CLOCKS_PER_SEC;
      std::printf("{\"milliseconds\":%.9g,\"processor\":%.9g,\"sink\":%.3g}\n", passed / calls, spent / calls, sink);
    }
    std::fflush(stdout);
  }
}
