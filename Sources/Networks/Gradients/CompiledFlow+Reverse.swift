import CKernels

extension CompiledFlowStep {
  /// Rows that applying the step to `units` latents keeps.
  func keptRows(_ units: Int) -> Int {
    switch self {
    case .planar: units
    // The latents before the step, the part of them that shift and scale are computed from, and the scale.
    case .affine(_, _, let shift, let logScale): 3 * units + shift.keptRows + logScale.keptRows
    }
  }

  /// Does what `apply` does, and keeps what the reverse needs.
  func applyKeeping(
    to z: Lanes, logDeterminant: UnsafeMutablePointer<Double>, kept: UnsafeMutablePointer<Float>, _ k: ck_kernels
  ) {
    let before = Lanes(data: kept, rows: z.rows, lanes: z.lanes)
    before.copy(z)
    switch self {
    case .planar(let u, let w, let b):
      ck_planar(z.rows, z.lanes, u, w, b, z.data, logDeterminant)
    case .affine(let rows, let changed, let shift, let logScale):
      let parts = AffineParts(before, kept: kept, shift: shift)
      z.copy(rows: rows, toClear: parts.input)
      let shifts = shift.runKeeping(parts.input, kept: parts.shift, k)
      parts.scale.copy(logScale.runKeeping(parts.input, kept: parts.logScale, k))
      ck_sum_rows(changed.count, changed, z.lanes, parts.scale.data, logDeterminant)
      k.activate(ck_activation(kind: CK_EXP, a: 0, b: 0), parts.scale.data, z.rows * z.lanes)
      ck_affine_rows(changed.count, changed, z.lanes, parts.scale.data, shifts.data, z.data)
    }
  }

  /// Turns the gradient of the latents after the step into that of those before it, the step's determinant included.
  func reverse(_ gradient: Lanes, kept: UnsafeMutablePointer<Float>, arena: inout Arena, _ k: ck_kernels) {
    let before = Lanes(data: kept, rows: gradient.rows, lanes: gradient.lanes)
    switch self {
    case .planar(let u, let w, let b):
      ck_planar_reverse(before.rows, before.lanes, u, w, b, before.data, gradient.data)
    case .affine(let rows, let changed, let shift, let logScale):
      let parts = AffineParts(before, kept: kept, shift: shift)
      let mark = arena.used
      let take = { (arena: inout Arena) in arena.take(rows: before.rows, lanes: before.lanes) }
      let (shiftGradient, scaleGradient) = (take(&arena), take(&arena))
      shiftGradient.clear()
      scaleGradient.clear()
      ck_affine_rows_reverse(
        changed.count, changed, before.lanes, parts.scale.data, before.data, gradient.data, shiftGradient.data,
        scaleGradient.data)
      let (total, rest) = (take(&arena), take(&arena))
      shift.reverse(shiftGradient, input: parts.input, kept: parts.shift, into: total, arena: &arena, k)
      logScale.reverse(scaleGradient, input: parts.input, kept: parts.logScale, into: rest, arena: &arena, k)
      k.add(total.rows * total.lanes, rest.data, total.data)
      for row in rows {
        let first = row * before.lanes
        k.add(before.lanes, total.data + first, gradient.data + first)
      }
      arena.release(to: mark)
    }
  }

  /// Rows of arena that the reverse takes.
  func reverseRows(_ units: Int) -> Int {
    switch self {
    case .planar: 0
    case .affine(_, _, let shift, let logScale): 4 * units + max(shift.reverseRows, logScale.reverseRows)
    }
  }

  /// What an affine step keeps behind the latents that it was given.
  private struct AffineParts {
    let input: Lanes
    let scale: Lanes
    let shift: UnsafeMutablePointer<Float>
    let logScale: UnsafeMutablePointer<Float>

    init(_ before: Lanes, kept: UnsafeMutablePointer<Float>, shift: Program) {
      let size = before.rows * before.lanes
      input = Lanes(data: kept + size, rows: before.rows, lanes: before.lanes)
      scale = Lanes(data: kept + 2 * size, rows: before.rows, lanes: before.lanes)
      self.shift = kept + 3 * size
      logScale = self.shift + shift.keptRows * before.lanes
    }
  }
}
