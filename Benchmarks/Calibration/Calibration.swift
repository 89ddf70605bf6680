import Evidence
import EvidenceTesting
import Foundation

/// How often the interval L_K ± 1.96 Monte Carlo standard errors holds log p(x), by the k̂ that the estimate reported.
///
/// Linear-Gaussian models with known log p(x) and a posterior whose scales are multiplied by w. For w < 1 the weights have a
/// Pareto tail of shape 1 − w² in each dimension, so w sets how hard the estimate is. 1000 seeds for each w.
@main enum Calibration {
  static let repeats = 1000
  static let samples = 5000
  static let widenings = [1.6, 1.3, 1.1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5]
  static let edges = [-Double.infinity, 0, 0.3, 0.5, 0.7, 1, .infinity]

  static func main() throws {
    var covered = Array(repeating: 0, count: edges.count - 1)
    var total = covered
    var excess = Array(repeating: 0.0, count: edges.count - 1)
    print("| w | exact tail shape | mean k̂ | coverage of ±1.96 s.e. |\n|---:|---:|---:|---:|")
    for widening in widenings {
      let exact = LinearGaussian(sizes: [4, 2], seed: 3)
      let x = exact.sample(1)
      let truth = exact.logLikelihood(x[0].map(Double.init))
      // Copies of one example differ in their draws alone.
      let data = Dataset((0..<repeats).flatMap { _ in x[0] }, count: repeats)
      let model = LinearGaussianModel(exact, widening: widening)
      var hits = 0
      var shapes = 0.0
      _ = try Evaluation().run(ImportanceSampling(samples: samples), under: model, on: data) { _, found in
        let isCovered = abs(found.logLikelihood - truth) <= 1.96 * found.monteCarloStandardError
        hits += isCovered ? 1 : 0
        shapes += found.paretoK
        guard let bin = edges.indices.dropLast().first(where: { found.paretoK < edges[$0 + 1] }) else { return }
        total[bin] += 1
        covered[bin] += isCovered ? 1 : 0
        excess[bin] += found.logLikelihood - truth
      }
      let share = 100 * Double(hits) / Double(repeats)
      let shape = shapes / Double(repeats)
      print(String(format: "| %.2f | %.2f | %.2f | %.1f %% |", widening, max(0, 1 - widening * widening), shape, share))
    }
    print("\n| k̂ | estimates | coverage of ±1.96 s.e. | mean error (nats) |\n|---|---:|---:|---:|")
    for bin in total.indices where total[bin] > 0 {
      let range = "\(edges[bin]) … \(edges[bin + 1])"
      let share = 100 * Double(covered[bin]) / Double(total[bin])
      print(
        "| \(range) | \(total[bin]) |" + String(format: " %.1f %% | %+.4f |", share, excess[bin] / Double(total[bin])))
    }
  }
}
