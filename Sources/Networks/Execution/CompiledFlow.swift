import CKernels
import Models

/// A step of a normalizing flow compiled for lane matrices.
enum CompiledFlowStep: Sendable {
  /// z + u · tanh(w·z + b).
  case planar(u: [Double], w: [Double], b: Double)
  /// The rows in `changed` become z · exp(logScale) + shift, both computed from the rows in `kept`, the others zero.
  case affine(kept: [Int], changed: [Int], shift: Program, logScale: Program)

  /// Rows of arena that applying the step to `units` latents takes.
  func arenaRows(_ units: Int) -> Int {
    switch self {
    case .planar: 0
    case .affine(_, _, let shift, let logScale):
      3 * units + max(shift.scratchRows, logScale.scratchRows)
    }
  }

  var multiplyAdds: Int {
    switch self {
    case .planar(let u, _, _): 2 * u.count
    case .affine(_, _, let shift, let logScale):
      shift.multiplyAdds + logScale.multiplyAdds
    }
  }
}

extension CompiledFlowStep {
  /// Applies the step to every lane of `z`, and adds log |det ∂z′/∂z| to the totals.
  ///
  /// - Returns: How many of those logarithms are not finite.
  func apply(to z: Lanes, totals: UnsafeMutablePointer<Double>, arena: inout Arena, _ k: ck_kernels) -> Int {
    switch self {
    case .planar(let u, let w, let b):
      return applyPlanar(u, w, b, to: z, totals: totals)
    case .affine(let kept, let changed, let shift, let logScale):
      // An autoregressive step keeps and changes every row.
      guard kept.count < z.rows else {
        return transform(changed, of: z, z, shift, logScale, totals: totals, arena: &arena, k)
      }
      let mark = arena.used
      let input = arena.take(rows: z.rows, lanes: z.lanes)
      input.data.update(repeating: 0, count: z.rows * z.lanes)
      for row in kept { (input.data + row * z.lanes).update(from: z.data + row * z.lanes, count: z.lanes) }
      let invalid = transform(changed, of: z, input, shift, logScale, totals: totals, arena: &arena, k)
      arena.release(to: mark)
      return invalid
    }
  }

  private func transform(
    _ rows: [Int], of z: Lanes, _ input: Lanes, _ shift: Program, _ logScale: Program,
    totals: UnsafeMutablePointer<Double>, arena: inout Arena, _ k: ck_kernels
  ) -> Int {
    let mark = arena.used
    let shifts = arena.take(rows: z.rows, lanes: z.lanes)
    shift.run(input, into: shifts, arena: &arena, k)
    let scales = arena.take(rows: z.rows, lanes: z.lanes)
    logScale.run(input, into: scales, arena: &arena, k)
    var invalid = 0
    for first in stride(from: 0, to: z.lanes, by: LaneBlock.count) {
      var logDeterminant = SIMD16<Double>.zero
      for row in rows { logDeterminant += SIMD16<Double>(LaneBlock.load(scales, row, first)) }
      invalid += LaneBlock.add(logDeterminant, to: totals + first)
    }
    k.activate(ck_activation(kind: CK_EXP, a: 0, b: 0), scales.data, z.rows * z.lanes)
    for row in rows {
      for first in stride(from: 0, to: z.lanes, by: LaneBlock.count) {
        let moved =
          LaneBlock.load(z, row, first) * LaneBlock.load(scales, row, first) + LaneBlock.load(shifts, row, first)
        LaneBlock.store(moved, z, row, first)
      }
    }
    arena.release(to: mark)
    return invalid
  }

  /// det = 1 + u·w (1 − tanh²(w·z + b)) (Rezende, Mohamed 2015, eq. 12).
  private func applyPlanar(
    _ u: [Double], _ w: [Double], _ b: Double, to z: Lanes, totals: UnsafeMutablePointer<Double>
  ) -> Int {
    let product = zip(u, w).reduce(0) { $0 + $1.0 * $1.1 }
    var invalid = 0
    for first in stride(from: 0, to: z.lanes, by: LaneBlock.count) {
      var sum = SIMD16<Double>(repeating: b)
      for row in 0..<z.rows { sum += w[row] * SIMD16<Double>(LaneBlock.load(z, row, first)) }
      var logDeterminant = SIMD16<Double>.zero
      for lane in sum.indices {
        let slope = sum[lane].hyperbolicTangent
        sum[lane] = slope
        logDeterminant[lane] = abs(1 + product * (1 - slope * slope)).logarithm
      }
      for row in 0..<z.rows {
        let moved = SIMD16<Double>(LaneBlock.load(z, row, first)) + u[row] * sum
        LaneBlock.store(SIMD16<Float>(moved), z, row, first)
      }
      invalid += LaneBlock.add(logDeterminant, to: totals + first)
    }
    return invalid
  }
}

/// Sixteen neighbouring lanes of a row.
enum LaneBlock {
  static let count = Int(CK_LANE_MULTIPLE)

  static func load(_ matrix: Lanes, _ row: Int, _ lane: Int) -> SIMD16<Float> {
    UnsafeRawPointer(matrix.data + row * matrix.lanes + lane).load(as: SIMD16<Float>.self)
  }

  static func store(_ values: SIMD16<Float>, _ matrix: Lanes, _ row: Int, _ lane: Int) {
    UnsafeMutableRawPointer(matrix.data + row * matrix.lanes + lane).storeBytes(of: values, as: SIMD16<Float>.self)
  }

  /// Adds to sixteen totals; returns how many of the summands are not finite.
  static func add(_ values: SIMD16<Double>, to totals: UnsafeMutablePointer<Double>) -> Int {
    var invalid = 0
    for lane in values.indices {
      totals[lane] += values[lane]
      invalid += values[lane].isFinite ? 0 : 1
    }
    return invalid
  }
}
