import Foundation
public import Models
import Networks

/// A linear-Gaussian latent-variable model with any number of stochastic layers, whose likelihood and posteriors are known
/// exactly: z_L ~ N(0, I), z_{l−1} ~ N(Σ_j W_{lj} z_j + b_l, diag σ_l²) with j over what the layer is given, and z₀ = x.
public struct LinearGaussian: Sendable {
  /// Elements of x and latents of each layer: x, z₁, …, z_L.
  public let sizes: [Int]
  /// For decoder l = 1 … L, the variables it is given.
  public let given: [[Int]]
  private let weights: [[DenseMatrix]]
  private let offsets: [[Double]]
  private let deviations: [[Double]]
  private let joint: (mean: [Double], covariance: DenseMatrix)

  /// A model with pseudo-random weights.
  ///
  /// `sizes`: elements of x, then the latents of each layer.
  ///
  /// `given`: for each decoder l, the variables among l … L it is given; [l] by default.
  public init(sizes: [Int], given: [[Int]]? = nil, seed: UInt64 = 1) {
    let layers = sizes.count - 1
    let given = given ?? (1...layers).map { [$0] }
    self.sizes = sizes
    self.given = given
    weights = (0..<layers).map { layer in
      given[layer].map { parent in
        let count = sizes[layer] * sizes[parent]
        return DenseMatrix(
          rows: sizes[layer], columns: sizes[parent],
          // Rounded to single precision, so that the network computes with the very same numbers.
          (0..<count).map {
            rounded(
              CounterRandom.normal(seed, UInt64(layer), UInt64(parent), UInt64($0)) / Double(sizes[parent]).squareRoot()
            )
          })
      }
    }
    offsets = (0..<layers).map { layer in
      (0..<sizes[layer]).map { rounded(CounterRandom.normal(seed, UInt64(layer), 1000, UInt64($0))) }
    }
    deviations = (0..<layers).map { layer in
      (0..<sizes[layer]).map { rounded(0.4 + 0.6 * CounterRandom.uniform(seed, UInt64(layer), 2000, UInt64($0))) }
    }
    joint = Self.joint(sizes: sizes, given: given, weights: weights, offsets: offsets, deviations: deviations)
  }

  /// Stochastic layers.
  public var layers: Int { sizes.count - 1 }

  /// log p(x) exactly, in nats.
  public func logLikelihood(_ x: [Double]) -> Double {
    let indices = Array(range(of: 0))
    let triangle = joint.covariance.block(indices, indices).cholesky
    let noise = triangle.solveLower(zip(x, indices).map { $0 - joint.mean[$1] })
    let logDeterminant = (0..<x.count).reduce(0) { $0 + log(triangle[$1, $1]) }
    return -noise.reduce(0) { $0 + $1 * $1 } / 2 - logDeterminant - Double(x.count) / 2 * log(2 * .pi)
  }

  /// Examples drawn from the model, rounded to single precision.
  public func sample(_ count: Int, seed: UInt64 = 7) -> [[Float]] {
    (0..<count).map { example in
      var values = Array(repeating: [Double](), count: sizes.count)
      for variable in stride(from: layers, through: 0, by: -1) {
        values[variable] = (0..<sizes[variable]).map { element in
          let noise = CounterRandom.normal(seed, UInt64(example), UInt64(variable), UInt64(element))
          guard variable < layers else { return noise }
          let mean = zip(given[variable], weights[variable]).reduce(offsets[variable][element]) { sum, pair in
            sum + (0..<sizes[pair.0]).reduce(0) { $0 + pair.1[element, $1] * values[pair.0][$1] }
          }
          return mean + deviations[variable][element] * noise
        }
      }
      return values[0].map(Float.init)
    }
  }

  /// One example of a model of one stochastic layer and the latents it was made from, both in single precision: z ~ N(0, I),
  /// x ~ N(W z + b, diag σ²) with z as rounded.
  func simulate(example: UInt64, seed: UInt64) -> (example: [Float], latents: [Float]) {
    // A word that the normals of `sample` and of the draws from a posterior don't have in this place.
    let stream: UInt64 = 0x51_4D55_4C41_5445
    let latents = (0..<sizes[1]).map { Float(CounterRandom.normal(seed, example, stream, 1, UInt64($0))) }
    let mean = weights[0][0] * latents.map(Double.init)
    let x = (0..<sizes[0]).map { element in
      let noise = CounterRandom.normal(seed, example, stream, 0, UInt64(element))
      return Float(mean[element] + offsets[0][element] + deviations[0][element] * noise)
    }
    return (x, latents)
  }

  /// The model as a description, with the exact posterior for q.
  ///
  /// - Parameters:
  ///   - encoderGiven: For each posterior l, what it is given. Together these must factorize the posterior: for a chain
  ///     [l − 1] (bottom-up) or x and all layers above (top-down); with skip connections everything drawn before it.
  ///   - widening: The posterior's scales are multiplied by this: 1 for the exact posterior.
  ///   - shift: How many standard deviations of its own every latent's mean is off: 0 for the exact posterior.
  public func description(
    encoderGiven: [[Int]]? = nil, widening: Double = 1, shift: Double = 0
  ) -> ModelDescription {
    let encoderGiven = encoderGiven ?? (1...layers).map { [$0 - 1] }
    let encoders = encoderGiven.enumerated().map { index, given in
      let posterior = conditional(of: index + 1, given: given)
      let scaled = posterior.triangle.values.map { Float($0 * widening) }
      let size = sizes[index + 1]
      let offset = (0..<size).map { row in
        let variance = (0..<size).reduce(0) { $0 + posterior.triangle[row, $1] * posterior.triangle[row, $1] }
        return posterior.offset[row] + shift * variance.squareRoot()
      }
      return Conditional(
        .fullNormal, given: given,
        parameters: [
          .mean: .stack(Stack([Layer(.dense(posterior.gain.dense(offset: offset)))])),
          .scaleTril: .constant(Tensor(shape: [size, size], values: scaled)),
        ])
    }
    let decoders = (0..<layers).map { layer in
      let columns = given[layer].reduce(0) { $0 + sizes[$1] }
      var joined = DenseMatrix(rows: sizes[layer], columns: columns)
      for row in 0..<sizes[layer] {
        var column = 0
        for matrix in weights[layer] {
          for k in 0..<matrix.columns {
            joined[row, column] = matrix[row, k]
            column += 1
          }
        }
      }
      return Conditional(
        .normal, given: given[layer],
        parameters: [
          .mean: .stack(Stack([Layer(.dense(joined.dense(offset: offsets[layer])))])),
          .scale: .constant(Tensor(deviations[layer].map(Float.init))),
        ])
    }
    return ModelDescription(input: .init(shape: [sizes[0]]), encoders: encoders, decoders: decoders)
  }

  /// p(z_l | given) exactly: N(gain · given + offset, triangle · triangleᵀ).
  func conditional(of variable: Int, given: [Int]) -> (gain: DenseMatrix, offset: [Double], triangle: DenseMatrix) {
    let own = Array(range(of: variable))
    let others = given.flatMap { Array(range(of: $0)) }
    let cross = joint.covariance.block(own, others)
    let gain = cross * joint.covariance.block(others, others).inverse
    let shift = gain * others.map { joint.mean[$0] }
    let covariance = joint.covariance.block(own, own) - gain * cross.transposed
    return (gain, zip(own, shift).map { joint.mean[$0] - $1 }, covariance.cholesky)
  }

  private func range(of variable: Int) -> Range<Int> {
    let start = sizes[..<variable].reduce(0, +)
    return start..<start + sizes[variable]
  }

  /// Mean and covariance of (x, z₁, …, z_L), from the top down.
  private static func joint(
    sizes: [Int], given: [[Int]], weights: [[DenseMatrix]], offsets: [[Double]], deviations: [[Double]]
  ) -> (mean: [Double], covariance: DenseMatrix) {
    let starts = sizes.indices.map { sizes[..<$0].reduce(0, +) }
    let total = sizes.reduce(0, +)
    var mean = [Double](repeating: 0, count: total)
    // Every variable as a linear map of independent standard normals, one for each element.
    var map = DenseMatrix(rows: total, columns: total)
    for variable in sizes.indices.reversed() {
      for element in 0..<sizes[variable] {
        let row = starts[variable] + element
        guard variable < sizes.count - 1 else {
          map[row, row] = 1
          continue
        }
        mean[row] = offsets[variable][element]
        map[row, row] = deviations[variable][element]
        for (parent, matrix) in zip(given[variable], weights[variable]) {
          for k in 0..<sizes[parent] {
            mean[row] += matrix[element, k] * mean[starts[parent] + k]
            for column in 0..<total { map[row, column] += matrix[element, k] * map[starts[parent] + k, column] }
          }
        }
      }
    }
    return (mean, map * map.transposed)
  }
}

extension DenseMatrix {
  /// A fully connected layer that computes this matrix's product plus an offset.
  fileprivate func dense(offset: [Double]) -> Dense {
    Dense(
      weight: Tensor(shape: [rows, columns], values: values.map(Float.init)), layout: .weight,
      bias: Tensor(offset.map(Float.init)))
  }
}

private func rounded(_ value: Double) -> Double { Double(Float(value)) }
