public import Evidence
import Foundation

/// A model that is written down in noise alone: what a conformer gives is the log-weight and its gradient, and log p(x) for
/// comparison; everything else that estimators ask for follows. Its latents are its noise.
public protocol NoiseModel: DifferentiableModel, SimulatingModel where Scratch == ExampleBatch {
  /// log p(x), exactly or to the last digits of a quadrature.
  func logLikelihood(_ x: ArraySlice<Float>) -> Double
  /// ℓ(e) = log p(x, z(e)) − log q(z(e) | x), and its gradient.
  func logWeight(at noise: [Double], _ x: ArraySlice<Float>) -> (value: Double, gradient: [Double])
}

extension NoiseModel {
  /// The noise.
  public var latentCounts: [Int] { [noiseCount] }
  /// Two blocks of lanes, so that callers have to cut theirs.
  public var lanesAtOnce: Int { 32 }
  /// An odd number, so that chunks end where nothing else does.
  public var drawsAtOnce: Int { 37 }

  /// An empty batch.
  public func makeScratch(examples: Int) -> ExampleBatch { ExampleBatch(indices: 0..<0, values: []) }

  /// Remembers the batch.
  public func encode(_ batch: ExampleBatch, scratch: inout ExampleBatch) throws { scratch = batch }

  /// ℓ at standard normals.
  public func logWeights(
    of example: Example, draws: Range<Int>, scratch: inout ExampleBatch,
    into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    let x = scratch.values(at: example.position)
    for (slot, draw) in draws.enumerated() {
      let noise = (0..<noiseCount).map {
        CounterRandom.normal(example.seed, UInt64(example.index), UInt64(draw), UInt64($0))
      }
      result[slot] = logWeight(at: noise, x).value
    }
  }

  /// The same at given noise.
  public func logWeights(
    of example: Example, at noise: UnsafePointer<Float>, lanes: Int, scratch: inout ExampleBatch,
    values: UnsafeMutablePointer<Double>, gradients: UnsafeMutablePointer<Float>?
  ) throws {
    let x = scratch.values(at: example.position)
    for lane in 0..<lanes {
      let weight = logWeight(at: (0..<noiseCount).map { Double(noise[$0 * lanes + lane]) }, x)
      values[lane] = weight.value
      guard let gradients else { continue }
      for (row, value) in weight.gradient.enumerated() { gradients[row * lanes + lane] = Float(value) }
    }
  }

  /// The latents themselves.
  public func noise(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout ExampleBatch,
    into noise: UnsafeMutablePointer<Float>
  ) throws {
    noise.update(from: latents, count: noiseCount)
  }
}
