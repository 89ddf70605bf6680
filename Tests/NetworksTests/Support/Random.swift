import Models

@testable import Networks

/// Repeatable numbers for weights and shapes; nothing to do with the package's own random numbers.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// Between −scale and scale.
  mutating func number(_ scale: Float = 1) -> Float { Float.random(in: -scale...scale, using: &self) }

  mutating func tensor(_ shape: [Int], _ scale: Float = 1) -> Tensor {
    Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in number(scale) })
  }

  mutating func dense(
    _ inputs: Int, _ outputs: Int, _ scale: Float = 0.7, activation: Activation = .identity
  ) -> Layer {
    Layer(
      .dense(Dense(weight: tensor([outputs, inputs], scale), layout: .weight, bias: tensor([outputs], 0.3))),
      activation: activation)
  }
}
