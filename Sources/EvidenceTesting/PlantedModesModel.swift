public import Evidence
import Foundation

/// A model whose posterior in noise is a mixture of normals that were put where they are on purpose: x ~ N(0, 1), and
/// given x the noise has the density Σ_k π_k N(e; (centre_k + tilt · x) · 1, scale_k² I). The encoder, N(0, I), sees those
/// that are near 0.
public struct PlantedModesModel: NoiseModel {
  /// A component of the posterior.
  public struct Mode: Sendable {
    /// Its share π.
    public var share: Double
    /// Every coordinate of its mean, at x = 0.
    public var centre: Double
    /// Its standard deviation.
    public var scale: Double

    /// A component.
    public init(share: Double, centre: Double, scale: Double) {
      self.share = share
      self.centre = centre
      self.scale = scale
    }
  }

  /// The components; their shares sum to 1.
  public let modes: [Mode]
  /// D.
  public let noiseCount: Int
  /// How far x moves the components.
  public let tilt: Double

  /// A model of these modes.
  public init(_ modes: [Mode], noiseCount: Int, tilt: Double = 0.1) {
    self.modes = modes
    self.noiseCount = noiseCount
    self.tilt = tilt
  }

  /// One.
  public var inputCount: Int { 1 }
  /// Every real number.
  public var support: Support { .reals }

  /// That of N(0, 1).
  public func logLikelihood(_ x: ArraySlice<Float>) -> Double {
    let value = Double(x.first ?? 0)
    return -value * value / 2 - log(2 * Double.pi) / 2
  }

  /// log p(x), and the mixture over N(0, I).
  public func logWeight(at noise: [Double], _ x: ArraySlice<Float>) -> (value: Double, gradient: [Double]) {
    let shift = tilt * Double(x.first ?? 0)
    let logs = modes.map { mode in
      log(mode.share) - Double(noiseCount) * log(mode.scale)
        - noise.reduce(0) { $0 + pow(($1 - mode.centre - shift) / mode.scale, 2) } / 2
    }
    let most = logs.max() ?? 0
    let weights = logs.map { exp($0 - most) }
    let sum = weights.reduce(0, +)
    let value = logLikelihood(x) + most + log(sum) + noise.reduce(0) { $0 + $1 * $1 } / 2
    let gradient = noise.map { e in
      zip(modes, weights).reduce(e) { $0 - $1.1 / sum * (e - $1.0.centre - shift) / ($1.0.scale * $1.0.scale) }
    }
    return (value, gradient)
  }

  /// x, a component by its share, and noise from it.
  public func simulate(
    _ key: Example, scratch: inout ExampleBatch, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    x[0] = Float(CounterRandom.normal(key.seed, UInt64(key.index), 1 << 40))
    var rest = CounterRandom.uniform(key.seed, UInt64(key.index), 2 << 40)
    let chosen = modes.first { mode in
      rest -= mode.share
      return rest < 0
    }
    let mode = chosen ?? modes[0]
    for row in 0..<noiseCount {
      let normal = CounterRandom.normal(key.seed, UInt64(key.index), 3 << 40, UInt64(row))
      latents[row] = Float(mode.centre + tilt * Double(x[0]) + mode.scale * normal)
    }
  }
}
