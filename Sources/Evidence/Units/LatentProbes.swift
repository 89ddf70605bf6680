import Foundation
import Models
import Networks

/// Draws from the posteriors of evenly spaced examples, z_m ~ q(z | x_m), at which the aggregate posterior
/// q(z) = 1/N Σ q(z | x_n) is evaluated exactly.
///
/// For layers whose posterior depends on the example alone and has independent normal units; others have no density that
/// is cheap to evaluate.
public struct LatentProbes: Sendable {
  /// The probes of one layer.
  struct Layer: Sendable {
    /// The examples that the probes were drawn from.
    let examples: [Int]
    /// By unit, then probe: the inner loop runs over probes.
    let values: [Double]
    /// log q(z_m | x_m).
    let ownDensities: [Double]

    var count: Int { examples.count }
  }

  /// By the number of the layer, from 0.
  private(set) var layers: [Int: Layer] = [:]

  /// No probes.
  public init() {}

  /// Probes from `count` evenly spaced examples, or from all where there are fewer.
  ///
  /// - Throws: What reading or encoding the examples throws.
  public init(_ model: some PosteriorModel, on data: Dataset, options: Evaluation, count: Int) throws {
    let range = options.examples ?? 0..<data.count
    guard count > 0, !range.isEmpty, range.lowerBound >= 0, range.upperBound <= data.count,
      data.elementCount == model.inputCount
    else { return }
    let number = min(count, range.count)
    let support = model.support
    var scratch = model.makeScratch(examples: 1)
    var collected: [Int: [(example: Int, posterior: LayerPosterior, values: [Double])]] = [:]
    for probe in 0..<number {
      try options.cancellation.check()
      let index = range.lowerBound + probe * range.count / number
      let batch = try data.batch(index..<index + 1, seed: options.dataSeed ?? options.seed)
      // What the model can't take is reported by the evaluation, with its place.
      guard batch.values.allSatisfy(support.contains) else { continue }
      try model.encode(batch, scratch: &scratch)
      let example = Example(index: index, position: 0, seed: options.seed)
      for (layer, posterior) in try model.posteriors(of: example, draws: 0..<1, scratch: &scratch).enumerated()
      where posterior.condition == .data && posterior.isFactorizedNormal {
        let noise = RandomNumbers.normals(
          seed: example.seed, example: UInt64(example.index), purpose: .probes, layer: layer, count: posterior.units)
        let values = (0..<posterior.units).map { posterior.means[$0] + posterior.scales[$0] * Double(noise[$0]) }
        guard values.allSatisfy(\.isFinite) else { continue }
        collected[layer, default: []].append((index, posterior, values))
      }
    }
    layers = collected.mapValues { probes in
      let units = probes.first?.values.count ?? 0
      let own = probes.map { probe in
        Self.logDensities(at: probe.values, count: 1, under: probe.posterior)[0]
      }
      return Layer(
        examples: probes.map(\.example), values: (0..<units).flatMap { unit in probes.map { $0.values[unit] } },
        ownDensities: own)
    }
  }

  /// log q(z_m | x) at every probe, by layer.
  func logDensities(under posteriors: [LayerPosterior]) -> [Int: [Double]] {
    guard !layers.isEmpty else { return [:] }
    var result: [Int: [Double]] = [:]
    for (layer, probes) in layers where layer < posteriors.count {
      result[layer] = Self.logDensities(at: probes.values, count: probes.count, under: posteriors[layer])
    }
    return result
  }

  /// −½ Σ ((z − μ)/σ)² − Σ log σ − D/2 · log 2π for each of `count` points, given by unit and then point.
  private static func logDensities(at points: [Double], count: Int, under posterior: LayerPosterior) -> [Double] {
    var constant = -Double(posterior.units) / 2 * log(2 * Double.pi)
    for scale in posterior.scales { constant -= log(scale) }
    return [Double](unsafeUninitializedCapacity: count) { result, initialized in
      result.initialize(repeating: 0)
      points.withUnsafeBufferPointer { points in
        for unit in 0..<posterior.units {
          let mean = posterior.means[unit]
          let precision = -0.5 / (posterior.scales[unit] * posterior.scales[unit])
          let row = UnsafeBufferPointer(rebasing: points[unit * count..<(unit + 1) * count])
          for index in 0..<count {
            let distance = row[index] - mean
            result[index] += distance * distance * precision
          }
        }
      }
      for index in 0..<count { result[index] += constant }
      initialized = count
    }
  }
}
