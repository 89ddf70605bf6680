import Foundation
import LinearAlgebra
import Networks

/// A mode of the posterior in noise and the normal approximation there, N(m, A Aᵀ), which u ↦ m + A u makes of N(0, I).
struct PosteriorMode {
  /// m.
  let position: [Double]
  /// A, A⁻¹ and log |det A|.
  let whitening: Whitening
  /// Laplace's approximation of the part of log p(x) that the mode stands for, in nats:
  /// log φ(m) + ℓ(m) + D/2 log 2π + log |det A|.
  let evidence: Double
  /// u ↦ m + A u, and g ↦ Aᵀ g, which takes a gradient by e to one by u.
  let outward, outwardTransposed: PackedMap
  /// e ↦ A⁻¹ (e − m), and w ↦ A⁻ᵀ w.
  let inward, inwardTransposed: PackedMap

  init(position: [Double], whitening: Whitening, logDensity: Double) {
    let size = position.count
    self.position = position
    self.whitening = whitening
    evidence = logDensity + Double(size) / 2 * log(2 * Double.pi) + whitening.logDeterminant
    let origin = PosteriorMode.product(whitening.inverse, position).map { -$0 }
    outward = PackedMap(whitening.matrix, outputs: size, inputs: size, offset: position)
    outwardTransposed = PackedMap(whitening.matrix, outputs: size, inputs: size, transposed: true)
    inward = PackedMap(whitening.inverse, outputs: size, inputs: size, offset: origin)
    inwardTransposed = PackedMap(whitening.inverse, outputs: size, inputs: size, transposed: true)
  }

  /// |A⁻¹ (e − m)|, the Mahalanobis distance of a place from the mode.
  func distance(to place: [Double]) -> Double {
    coordinates(of: place).reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// A⁻¹ (e − m).
  func coordinates(of place: [Double]) -> [Double] {
    PosteriorMode.product(whitening.inverse, zip(place, position).map(-))
  }

  private static func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
    let size = vector.count
    return (0..<size).map { row in (0..<size).reduce(0) { $0 + matrix[row * size + $1] * vector[$1] } }
  }
}
