import Networks

/// The last steps of minimisers in lanes and how the gradient changed over them: the inverse Hessian of limited-memory BFGS
/// (Nocedal 1980), for each lane its own.
struct QuasiNewtonMemory {
  private struct Pair {
    let step: LaneMatrix
    let change: LaneMatrix
    /// 1 / (step · change) of each lane; 0 where the lane did not move, or not to where F bends upwards.
    var reciprocal: [Double]
  }

  private static let capacity = 8
  private let arithmetic: LaneArithmetic
  private let lanes: Int
  private var pairs: [Pair]
  /// The oldest pair's place, and how many there are.
  private var first = 0, count = 0
  /// (step · change) / (change · change) of each lane's last step; 0 before the first.
  private var scale: [Double]

  init(rows: Int, lanes: Int, arithmetic: LaneArithmetic) {
    self.arithmetic = arithmetic
    self.lanes = lanes
    scale = Array(repeating: 0, count: lanes)
    pairs = (0..<QuasiNewtonMemory.capacity).map { _ in
      Pair(
        step: LaneMatrix(rows: rows, lanes: lanes), change: LaneMatrix(rows: rows, lanes: lanes),
        reciprocal: Array(repeating: 0, count: lanes))
    }
  }

  /// Forgets all steps.
  mutating func forget() {
    (first, count) = (0, 0)
    for lane in 0..<lanes { scale[lane] = 0 }
  }

  /// Keeps a step for the lanes chosen.
  mutating func remember(step: LaneMatrix, change: LaneMatrix, where chosen: [Int32]) {
    let slot = (first + count) % pairs.count
    if count < pairs.count { count += 1 } else { first = (first + 1) % pairs.count }
    let product = dot(step, change)
    let square = dot(change, change)
    pairs[slot].step.clear()
    pairs[slot].change.clear()
    arithmetic.replace(pairs[slot].step, by: step, where: chosen)
    arithmetic.replace(pairs[slot].change, by: change, where: chosen)
    for lane in 0..<lanes {
      let bends = chosen[lane] != 0 && product[lane] > 1e-8 * square[lane] && product[lane].isFinite
      pairs[slot].reciprocal[lane] = bends ? 1 / product[lane] : 0
      if bends { scale[lane] = product[lane] / square[lane] }
    }
  }

  /// −(inverse Hessian) · gradient; of length one at most along the gradient while nothing is known.
  func direction(at gradient: LaneMatrix, into direction: LaneMatrix) {
    direction.copy(gradient)
    var weights = Array(repeating: Array(repeating: 0.0, count: lanes), count: count)
    for age in (0..<count).reversed() {
      let pair = pairs[(first + age) % pairs.count]
      let products = dot(pair.step, direction)
      for lane in 0..<lanes { weights[age][lane] = pair.reciprocal[lane] * products[lane] }
      arithmetic.add(weights[age].map { Float(-$0) }, times: pair.change, to: direction)
    }
    let squares = dot(gradient, gradient)
    arithmetic.scale(
      direction,
      by: zip(scale, squares).map { $0 > 0 ? Float($0) : Float(1 / max(1, $1.squareRoot())) })
    for age in 0..<count {
      let pair = pairs[(first + age) % pairs.count]
      let products = dot(pair.change, direction)
      arithmetic.add(
        (0..<lanes).map { Float(weights[age][$0] - pair.reciprocal[$0] * products[$0]) }, times: pair.step,
        to: direction)
    }
    arithmetic.scale(direction, by: Array(repeating: -1, count: lanes))
  }

  private func dot(_ a: LaneMatrix, _ b: LaneMatrix) -> [Double] {
    var result = Array(repeating: 0.0, count: lanes)
    arithmetic.addDot(a, b, factor: 1, to: &result)
    return result
  }
}
