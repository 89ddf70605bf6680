import Foundation
import Models

/// Weights that Swift and the Python generators of fixtures (make_gradients.py, make_training.py) both know by a number.
protocol NumberedWeights {}

extension NumberedWeights {
  /// The tensor number `seed`.
  static func numbers(_ shape: [Int], _ seed: Double, _ scale: Double = 1) -> Tensor {
    Tensor(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map { Float(scale * sin(12.9898 * Double($0 + 1) + 78.233 * seed)) })
  }

  static func dense(
    _ inputs: Int, _ outputs: Int, _ seed: Double, _ scale: Double = 0.7, _ activation: Activation = .identity
  ) -> Layer {
    Layer(
      .dense(
        Dense(
          weight: numbers([outputs, inputs], seed, scale), layout: .weight, bias: numbers([outputs], seed + 0.5, 0.3))),
      activation: activation)
  }
}
