public import Models
import Networks

/// What happens to a stored example before the model sees it, in this order: dequantize, divide, binarize.
public struct Preprocessing: Sendable, Equatable {
  /// Uniform noise in [0, 1) is added to the stored integers.
  public var dequantize: Bool
  /// Stored values are divided by this.
  public var divideBy: Double
  /// How grey values become binary ones.
  public var binarize: Binarization

  /// By default, examples are taken as stored.
  public init(dequantize: Bool = false, divideBy: Double = 1, binarize: Binarization = .none) {
    self.dequantize = dequantize
    self.divideBy = divideBy
    self.binarize = binarize
  }

  /// What a model file says its data need: not what data need that were prepared before they were stored, which
  /// `Dataset(file:dataset:for:)` finds out.
  init(_ input: ModelDescription.Input) {
    self.init(
      dequantize: input.dequantize ?? false, divideBy: input.divideBy ?? 1, binarize: input.binarize ?? .none)
  }

  func apply(to values: inout [Float], indices: Range<Int>, seed: UInt64) {
    let size = values.count / max(1, indices.count)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      for (position, index) in indices.enumerated() {
        apply(start + position * size, count: size, seed: seed, example: UInt64(index))
      }
    }
  }

  /// Prepares one example in place; random steps are functions of (seed, example).
  package func apply(_ values: UnsafeMutablePointer<Float>, count: Int, seed: UInt64, example: UInt64) {
    if dequantize {
      let noise = RandomNumbers.uniforms(seed: seed, example: example, purpose: .dequantization, count: count)
      for element in 0..<count { values[element] += noise[element] }
    }
    if divideBy != 1 {
      for element in 0..<count { values[element] = Float(Double(values[element]) / divideBy) }
    }
    applyBinarization(to: values, count: count, seed: seed, example: example)
  }

  /// The last step alone.
  package func applyBinarization(to values: UnsafeMutablePointer<Float>, count: Int, seed: UInt64, example: UInt64) {
    if binarize == .none { return }
    let uniforms =
      binarize == .bernoulli
      ? RandomNumbers.uniforms(seed: seed, example: example, purpose: .binarization, count: count) : []
    for element in 0..<count {
      let value = values[element]
      // A value that is no probability (a 255 that was not divided) stays, so that the check of the support finds it.
      guard value >= 0 && value <= 1 else { continue }
      values[element] = (binarize == .bernoulli ? uniforms[element] < value : value >= 0.5) ? 1 : 0
    }
  }
}
