import Foundation
import Models
import Testing

@testable import Networks

/// Log-weights of one example at given noise, a point each, and their gradients.
func gradients(
  _ network: NetworkModel, _ x: [Float], covariates: [Float]? = nil, at points: [[Float]], map: NoiseMap = .posterior
) throws -> (values: [Double], gradients: [[Float]]) {
  let workspace = network.makeWorkspace(examples: 1)
  encode(network, [x], covariates.map { [$0] } ?? [], in: workspace)
  let lanes = paddedLanes(points.count)
  let rows = network.noiseCount
  var noise = [Float](repeating: 0, count: rows * lanes)
  for row in 0..<rows {
    for lane in 0..<lanes { noise[row * lanes + lane] = points[min(lane, points.count - 1)][row] }
  }
  var values = [Double](repeating: 0, count: lanes)
  var gradients = [Float](repeating: 0, count: rows * lanes)
  try network.logWeights(
    position: 0, noise: noise, lanes: lanes, map: map, in: workspace, values: &values, gradients: &gradients)
  var alone = [Double](repeating: 0, count: lanes)
  try network.logWeights(
    position: 0, noise: noise, lanes: lanes, map: map, in: workspace, values: &alone, gradients: nil)
  #expect(zip(values, alone).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "the value is the same without gradients")
  return (
    Array(values.prefix(points.count)),
    points.indices.map { lane in (0..<rows).map { gradients[$0 * lanes + lane] } }
  )
}

extension ReferenceModel {
  /// log p(x, z) − log q(z | x) at normal noise, all layers' in one run.
  func logWeight(_ x: [Double], atNormals normals: [Double], counts: [Int]) -> Double {
    var first = 0
    let noise = counts.enumerated().map { layer, count in
      defer { first += count }
      let part = Array(normals[first..<first + count])
      return model.encoders[layer].distribution == .laplace ? part.map(Self.laplaceQuantile) : part
    }
    return logWeight(x, noise: noise)
  }

  /// The Laplace variate at the probability of a normal one.
  private static func laplaceQuantile(_ normal: Double) -> Double {
    let magnitude = -log(erfc(abs(normal) / 2.0.squareRoot()))
    return normal < 0 ? -magnitude : magnitude
  }
}

/// Holds values and gradients against double precision and central differences at a few random points.
///
/// The tolerance is relative to the largest element of a gradient, or to 1: networks run in float32, whose products of some
/// terms leave 10⁻⁶; 10⁻⁴ has room for a density that magnifies it.
func expectGradients(
  of model: ModelDescription, at x: [Float], seed: UInt64, scale: Float = 1.5, points count: Int = 3,
  tolerance: Double = 1e-4, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  var random = Random(seed)
  let reference = ReferenceModel(model)
  let counts = try NetworkModel(model).latentCounts
  let points = (0..<count).map { _ in (0..<counts.reduce(0, +)).map { _ in random.number(scale) } }
  let exact = points.map { point in
    let value = { (normals: [Double]) in reference.logWeight(x.map(Double.init), atNormals: normals, counts: counts) }
    let center = point.map(Double.init)
    let h = 1e-5
    let slopes = center.indices.map { row in
      var (lower, upper) = (center, center)
      lower[row] -= h
      upper[row] += h
      return (value(upper) - value(lower)) / (2 * h)
    }
    return (value: value(center), slopes: slopes)
  }
  for instructions in InstructionSet.available {
    let found = try gradients(NetworkModel(model, instructionSet: instructions), x, at: points)
    for (lane, exact) in exact.enumerated() {
      let size = max(1, exact.slopes.map(\.magnitude).max() ?? 1)
      let error = zip(found.gradients[lane], exact.slopes).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(
        error <= tolerance * size, "\(instructions): \(found.gradients[lane]), not \(exact.slopes)",
        sourceLocation: sourceLocation)
      #expect(
        abs(found.values[lane] - exact.value) <= 1e-5 * max(10, abs(exact.value)),
        "\(instructions): value \(found.values[lane]), not \(exact.value)", sourceLocation: sourceLocation)
    }
  }
}
