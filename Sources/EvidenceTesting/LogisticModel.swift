public import Evidence
import Foundation

/// A model of one latent z ~ N(0, 1) and binary x_i ~ Bernoulli(sigmoid(w_i z + b_i)), whose encoder is a normal that is
/// wrong on purpose: z = mean + scale · e. log p(x) is known by quadrature.
public struct LogisticModel: NoiseModel {
  private let weights, offsets: [Double]
  /// The encoder's mean and standard deviation, whatever x is.
  public let mean, scale: Double

  /// A model of `inputs` binary variables.
  public init(inputs: Int, mean: Double = 0.3, scale: Double = 0.8, seed: UInt64 = 11) {
    weights = (0..<inputs).map { 1.5 * CounterRandom.normal(seed, UInt64($0), 1) }
    offsets = (0..<inputs).map { 0.5 * CounterRandom.normal(seed, UInt64($0), 2) }
    self.mean = mean
    self.scale = scale
  }

  /// Binary variables.
  public var inputCount: Int { weights.count }
  /// One.
  public var noiseCount: Int { 1 }
  /// [0, 1].
  public var support: Support { .unitInterval }

  /// The trapezoidal rule, whose error on so smooth an integrand is below rounding.
  public func logLikelihood(_ x: ArraySlice<Float>) -> Double {
    let width = 0.05
    let terms = (-200...200).map { logJoint(Double($0) * width, x).value }
    let most = terms.max() ?? 0
    return most + log(width * terms.reduce(0) { $0 + exp($1 - most) })
  }

  /// log p(x, z) − log q(z).
  public func logWeight(at noise: [Double], _ x: ArraySlice<Float>) -> (value: Double, gradient: [Double]) {
    let e = noise[0]
    let joint = logJoint(mean + scale * e, x)
    let encoder = -e * e / 2 - log(2 * Double.pi) / 2 - log(scale)
    return (joint.value - encoder, [joint.gradient * scale + e])
  }

  /// z, x, and the noise of z.
  public func simulate(
    _ key: Example, scratch: inout ExampleBatch, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    let z = CounterRandom.normal(key.seed, UInt64(key.index), 1 << 40)
    for index in weights.indices {
      let probability = 1 / (1 + exp(-(weights[index] * z + offsets[index])))
      x[index] = CounterRandom.uniform(key.seed, UInt64(key.index), 2 << 40, UInt64(index)) < probability ? 1 : 0
    }
    latents[0] = Float((z - mean) / scale)
  }

  private func logJoint(_ z: Double, _ x: ArraySlice<Float>) -> (value: Double, gradient: Double) {
    var value = -z * z / 2 - log(2 * Double.pi) / 2
    var gradient = -z
    for (index, observed) in x.enumerated() {
      let logit = weights[index] * z + offsets[index]
      value += Double(observed) * logit - max(logit, 0) - log1p(exp(-abs(logit)))
      gradient += weights[index] * (Double(observed) - 1 / (1 + exp(-logit)))
    }
    return (value, gradient)
  }
}
