import CKernels
import Models

/// A step of a normalizing flow compiled for lane matrices.
enum CompiledFlowStep: Sendable {
  /// z + u · tanh(w·z + b).
  case planar(u: [Double], w: [Double], b: Double)
  /// The rows in `changed` become z · exp(logScale) + shift, both computed from the rows in `kept`, the others zero.
  case affine(kept: [Int], changed: [Int32], shift: Program, logScale: Program)

  /// Rows of arena that applying the step to `units` latents takes.
  func arenaRows(_ units: Int) -> Int {
    switch self {
    case .planar: 0
    case .affine(_, _, let shift, let logScale):
      3 * units + max(shift.scratchRows, logScale.scratchRows)
    }
  }
}

extension CompiledFlowStep {
  /// Applies the step to every lane of `z`, and writes log |det ∂z′/∂z|.
  func apply(to z: Lanes, logDeterminant: UnsafeMutablePointer<Double>, arena: inout Arena, _ k: ck_kernels) {
    switch self {
    case .planar(let u, let w, let b):
      ck_planar(z.rows, z.lanes, u, w, b, z.data, logDeterminant)
    case .affine(let kept, let changed, let shift, let logScale):
      let mark = arena.used
      var input = z
      // An autoregressive step keeps and changes every row.
      if kept.count < z.rows {
        input = arena.take(rows: z.rows, lanes: z.lanes)
        z.copy(rows: kept, toClear: input)
      }
      let shifts = arena.take(rows: z.rows, lanes: z.lanes)
      shift.run(input, into: shifts, arena: &arena, k)
      let scales = arena.take(rows: z.rows, lanes: z.lanes)
      logScale.run(input, into: scales, arena: &arena, k)
      ck_sum_rows(changed.count, changed, z.lanes, scales.data, logDeterminant)
      k.activate(ck_activation(kind: CK_EXP, a: 0, b: 0), scales.data, z.rows * z.lanes)
      ck_affine_rows(changed.count, changed, z.lanes, scales.data, shifts.data, z.data)
      arena.release(to: mark)
    }
  }
}
