import Models
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
    for (position, index) in indices.enumerated() {
      let start = position * size
      if dequantize {
        let noise = RandomNumbers.uniforms(
          seed: seed, example: UInt64(index), purpose: .dequantization, count: size)
        for element in 0..<size { values[start + element] += noise[element] }
      }
      if divideBy != 1 {
        for element in start..<start + size { values[element] = Float(Double(values[element]) / divideBy) }
      }
      if binarize != .none {
        let uniforms =
          binarize == .bernoulli
          ? RandomNumbers.uniforms(seed: seed, example: UInt64(index), purpose: .binarization, count: size) : []
        for element in 0..<size {
          let value = values[start + element]
          // A value that is no probability (a 255 that was not divided) stays, so that the check of the support finds it.
          guard value >= 0 && value <= 1 else { continue }
          values[start + element] = (binarize == .bernoulli ? uniforms[element] < value : value >= 0.5) ? 1 : 0
        }
      }
    }
  }
}
