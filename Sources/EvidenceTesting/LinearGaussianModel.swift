import Evidence
import Foundation
import Networks

/// A linear-Gaussian model of one stochastic layer, evaluated in Double: an estimator's arithmetic can be told from a
/// network's. With `widening` 1 its posterior is exact and every log-weight equals log p(x).
public struct LinearGaussianModel: LatentVariableModel {
  /// The exact model.
  public let exact: LinearGaussian
  /// The posterior's scales are multiplied by this.
  public let widening: Double
  private let posterior: (gain: DenseMatrix, offset: [Double], triangle: DenseMatrix)

  /// What a worker remembers: the batch encoded last.
  public typealias Scratch = ExampleBatch

  /// Wraps a model of one stochastic layer.
  public init(_ exact: LinearGaussian, widening: Double = 1) {
    precondition(exact.layers == 1, "the direct conformer has one stochastic layer")
    self.exact = exact
    self.widening = widening
    posterior = exact.conditional(of: 1, given: [0])
  }

  /// Elements of x.
  public var inputCount: Int { exact.sizes[0] }
  /// Latents of the only layer.
  public var latentCounts: [Int] { [exact.sizes[1]] }
  /// Every real number.
  public var support: Support { .reals }
  /// An odd number, so that chunks end where nothing else does.
  public var drawsAtOnce: Int { 37 }

  /// An empty batch.
  public func makeScratch(examples: Int) -> ExampleBatch { ExampleBatch(indices: 0..<0, values: []) }

  /// Remembers the batch.
  public func encode(_ batch: ExampleBatch, scratch: inout ExampleBatch) throws { scratch = batch }

  /// log p(x, z) − log q(z | x) = log p(x) + log p(z | x) − log q(z | x).
  public func logWeights(
    of example: Example, draws: Range<Int>, scratch: inout ExampleBatch,
    into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    let logLikelihood = exact.logLikelihood(scratch.values(at: example.position).map(Double.init))
    for (slot, draw) in draws.enumerated() {
      let squares = (0..<exact.sizes[1]).reduce(0.0) { sum, unit in
        let noise = CounterRandom.normal(example.seed, UInt64(example.index), UInt64(draw), UInt64(unit))
        return sum + noise * noise
      }
      // z = mean + widening · T ε: the ratio of the two densities depends on ε alone.
      let excess = (1 - widening * widening) * squares / 2 + Double(exact.sizes[1]) * log(widening)
      result[slot] = logLikelihood + excess
    }
  }

  /// Means, standard deviations and divergences of each unit's exact marginal posterior.
  public func posteriors(of example: Example, draws: Range<Int>, scratch: inout ExampleBatch) throws -> [LayerPosterior]
  {
    let x = scratch.values(at: example.position).map(Double.init)
    let means = zip(posterior.gain * x, posterior.offset).map(+)
    let scales = (0..<exact.sizes[1]).map { unit in
      widening * (0...unit).reduce(0) { $0 + posterior.triangle[unit, $1] * posterior.triangle[unit, $1] }.squareRoot()
    }
    let divergences = zip(means, scales).map { (($0 * $0 + $1 * $1) - 1) / 2 - log($1) }
    // Marginals: with more than one unit the posterior is correlated.
    return [
      LayerPosterior(
        draws: 1, means: means, scales: scales, divergences: divergences, isFactorizedNormal: exact.sizes[1] == 1)
    ]
  }
}
