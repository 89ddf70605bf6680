public import Evidence
import Foundation
import Models
public import Networks

/// A linear-Gaussian model of one stochastic layer, evaluated in Double: an estimator's arithmetic can be told from a
/// network's. It offers everything that an estimator may ask for, each in closed form.
///
/// The posterior approximation is the exact posterior N(m(x), T Tᵀ), or one that is wrong on purpose:
/// z = m(x) + T (shift · 1 + widening · e) with e ~ N(0, I). With no shift and a widening of 1 every log-weight equals
/// log p(x). In noise the exact posterior is N(−shift / widening · 1, I / widening²).
public struct LinearGaussianModel: PosteriorModel {
  /// The exact model.
  public let exact: LinearGaussian
  /// The posterior's scales are multiplied by this.
  public let widening: Double
  /// The posterior's mean is off by this many standard deviations in every direction.
  public let shift: Double
  let posterior: (gain: DenseMatrix, offset: [Double], triangle: DenseMatrix)

  /// What a worker remembers: the batch encoded last.
  public typealias Scratch = ExampleBatch

  /// Wraps a model of one stochastic layer.
  public init(_ exact: LinearGaussian, widening: Double = 1, shift: Double = 0) {
    precondition(exact.layers == 1, "the direct conformer has one stochastic layer")
    self.exact = exact
    self.widening = widening
    self.shift = shift
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
    let logLikelihood = logLikelihood(example, scratch)
    for (slot, draw) in draws.enumerated() {
      let noise = (0..<exact.sizes[1]).map {
        CounterRandom.normal(example.seed, UInt64(example.index), UInt64(draw), UInt64($0))
      }
      result[slot] = logLikelihood + excess(noise)
    }
  }

  /// Means, standard deviations and divergences of each unit's marginal posterior.
  public func posteriors(of example: Example, draws: Range<Int>, scratch: inout ExampleBatch) throws -> [LayerPosterior]
  {
    let means = mean(example, scratch)
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

  func logLikelihood(_ example: Example, _ batch: ExampleBatch) -> Double {
    exact.logLikelihood(batch.values(at: example.position).map(Double.init))
  }

  /// The mean of q(z | x).
  func mean(_ example: Example, _ batch: ExampleBatch) -> [Double] {
    let x = batch.values(at: example.position).map(Double.init)
    let exactMean = zip(posterior.gain * x, posterior.offset).map(+)
    guard shift != 0 else { return exactMean }
    return zip(exactMean, posterior.triangle * Array(repeating: shift, count: exact.sizes[1])).map(+)
  }

  /// log p(z(e) | x) − log q(z(e) | x): with z = m + T (shift + widening · e) it depends on e alone.
  func excess(_ noise: [Double]) -> Double {
    let own = noise.reduce(0) { $0 + $1 * $1 }
    let exactly = noise.reduce(0) { sum, e in
      let distance = shift + widening * e
      return sum + distance * distance
    }
    return (own - exactly) / 2 + Double(noise.count) * log(widening)
  }
}
