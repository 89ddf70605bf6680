import Foundation
import LinearAlgebra
import Networks

/// One step of Newton's method from where a search ended: e + A Aᵀ ∇(log φ + ℓ). A search ends within a hundredth of a nat of
/// its mode, some tenth of a deviation away; where the posterior is normal the step is the rest of the way.
struct NewtonStep {
  /// Steps longer than this, in deviations, are not believed.
  private static let longest = 0.5

  private let whitening: Whitening
  private let space: NoiseSpace

  init(_ whitening: Whitening, in space: NoiseSpace) {
    self.whitening = whitening
    self.space = space
  }

  /// The end of a step that leads up; otherwise where it began.
  func from(_ end: ModeSearch.End) throws -> ModeSearch.End {
    let slope = try evaluate(end.position).gradient
    let size = space.count
    let matrix = whitening.matrix
    let step = (0..<size).map { column in (0..<size).reduce(0) { $0 + matrix[$1 * size + column] * slope[$1] } }
    let length = step.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length.isFinite, length < NewtonStep.longest else { return end }
    let position = (0..<size).map { row in
      Float(
        Double(end.position[row]) + (0..<size).reduce(0) { $0 + matrix[row * size + $1] * step[$1] })
    }
    let logDensity = try evaluate(position).logDensity
    // Sums of single-precision terms: a fall of this size means nothing.
    guard logDensity >= end.logDensity - 1e-3 else { return end }
    return ModeSearch.End(start: end.start, logDensity: logDensity, position: position)
  }

  /// log φ + ℓ and its gradient.
  private func evaluate(_ position: [Float]) throws -> (logDensity: Double, gradient: [Double]) {
    let noise = LaneMatrix(rows: space.count, lanes: LaneArithmetic.multiple)
    let gradients = LaneMatrix(rows: space.count, lanes: noise.lanes)
    noise.setColumns(position)
    var values = Array(repeating: 0.0, count: noise.lanes)
    try space.logWeights(at: noise, values: &values, gradients: gradients)
    let square = position.reduce(0) { $0 + Double($1) * Double($1) }
    return (
      values[0] - square / 2 - Double(space.count) / 2 * log(2 * Double.pi),
      zip(gradients.column(0), position).map { Double($0) - Double($1) }
    )
  }
}
