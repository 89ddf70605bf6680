import Networks

/// Minus the Hessian of log φ(e) + ℓ(e), by central differences of the gradient: 2 D gradients, which fill lanes.
enum Curvature {
  /// How far from the mode the gradients are taken: far enough that their rounding is small beside their difference, and that
  /// the kinks of rectifiers are averaged over; near enough beside the width of a posterior, of the size of 1 in noise.
  static let step: Float = 0.1

  /// D × D elements by rows, symmetric; nil where some of it is not finite.
  static func at(_ position: [Float], in space: NoiseSpace) throws -> [Double]? {
    let size = space.count
    let lanes = min(space.lanesAtOnce, LaneArithmetic.padded(2 * size))
    let noise = LaneMatrix(rows: size, lanes: lanes)
    let gradients = LaneMatrix(rows: size, lanes: lanes)
    var values = Array(repeating: 0.0, count: lanes)
    var matrix = Array(repeating: 0.0, count: size * size)
    let atOnce = lanes / 2
    for first in stride(from: 0, to: size, by: atOnce) {
      let directions = first..<min(first + atOnce, size)
      noise.setColumns(position)
      for direction in directions {
        let ahead = direction * lanes + 2 * (direction - first)
        noise.data[ahead] += step
        noise.data[ahead + 1] -= step
      }
      try space.logWeights(at: noise, values: &values, gradients: gradients)
      for direction in directions {
        let lane = 2 * (direction - first)
        // The step as it was rounded.
        let width = Double(noise.data[direction * lanes + lane]) - Double(noise.data[direction * lanes + lane + 1])
        for row in 0..<size {
          let ahead = Double(gradients.data[row * lanes + lane])
          let behind = Double(gradients.data[row * lanes + lane + 1])
          matrix[direction * size + row] = (behind - ahead) / width
        }
      }
    }
    guard matrix.allSatisfy(\.isFinite) else { return nil }
    for row in 0..<size {
      // That of log φ is exact.
      matrix[row * (size + 1)] += 1
      for column in 0..<row {
        let mean = (matrix[row * size + column] + matrix[column * size + row]) / 2
        (matrix[row * size + column], matrix[column * size + row]) = (mean, mean)
      }
    }
    return matrix
  }
}
