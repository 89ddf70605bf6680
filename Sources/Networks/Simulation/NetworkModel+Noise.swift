import CKernels
import Models

extension NetworkModel {
  /// Writes the normal noise that a map takes to given latents, for one example of the batch: the map's inverse.
  /// Latents and noise are those of all layers concatenated, z₁'s first.
  ///
  /// - Throws: `InvalidParameter` where a posterior has a scale that is not positive and finite.
  public func noise(
    of latents: UnsafePointer<Float>, position: Int, map: NoiseMap, in workspace: Workspace,
    into noise: UnsafeMutablePointer<Float>
  ) throws(InvalidParameter) {
    precondition(stepWithoutInverse == nil, "a flow without an inverse")
    if let bound = bound(to: position, in: workspace) {
      return try bound.noise(of: latents, position: position, map: map, in: workspace, into: noise)
    }
    let lanes = Int(CK_LANE_MULTIPLE)
    select(position: position, map, in: workspace)
    workspace.invalid = nil
    workspace.arena.release(to: 0)
    let matrices = latentCounts.map { workspace.arena.take(rows: $0, lanes: lanes) }
    var first = 0
    for matrix in matrices {
      ck_spread(matrix.rows, lanes, latents + first, matrix.data)
      first += matrix.rows
    }
    let chunk = Chunk(
      latents: matrices, noise: matrices, posteriors: Array(repeating: [], count: matrices.count),
      totals: workspace.totals, lanes: lanes)
    first = 0
    for (layer, encoder) in encoders.enumerated() {
      let mark = workspace.arena.used
      let operands = posterior(layer, chunk, in: workspace)
      let z = workspace.arena.take(rows: encoder.size, lanes: lanes)
      z.copy(matrices[layer])
      for step in encoder.flow.reversed() { step.invert(z, arena: &workspace.arena, k) }
      let result = workspace.arena.take(rows: encoder.size, lanes: lanes)
      let invalid: Int
      if encoder.distribution == .fullNormal {
        let exact = workspace.arena.takeDoubles(rows: z.rows, lanes: lanes)
        invalid = k.triangular_solve(z.rows, lanes, z.operand(CK_DIRECT), operands[0], operands[1], exact)
        ck_round(z.rows * lanes, exact, result.data)
      } else {
        invalid = ck_location_scale_solve(z.rows, lanes, operands[0], operands[1], z.data, result.data)
      }
      workspace.report(invalid, path: "/encoder/\(layer + 1)", parameter: "scale")
      ck_copy_lanes(z.rows, 1, result.operand(CK_DIRECT), 1, noise + first)
      if encoder.distribution == .laplace {
        for row in first..<first + z.rows { noise[row] = Float(ck_normal_of_laplace(Double(noise[row]))) }
      }
      first += z.rows
      workspace.arena.release(to: mark)
    }
    if let invalid = workspace.invalid { throw invalid }
  }

  /// A step of a flow that has no inverse, and why; nil where every step has one.
  public var stepWithoutInverse: InvalidParameter? {
    for (layer, encoder) in encoders.enumerated() {
      for (index, step) in encoder.flow.enumerated() {
        guard case .planar(let u, let w, _) = step else { continue }
        let product = zip(u, w).reduce(0) { $0 + $1.0 * $1.1 }
        if product < -1 {
          return InvalidParameter(
            path: "/encoder/\(layer + 1)/flow/\(index)",
            message: "a planar step with u·w = \(Float(product)), below −1, has no inverse")
        }
      }
    }
    return nil
  }
}

extension CompiledFlowStep {
  /// Takes the step back in every lane.
  func invert(_ z: Lanes, arena: inout Arena, _ k: ck_kernels) {
    switch self {
    case .planar(let u, let w, let b):
      ck_planar_inverse(z.rows, z.lanes, u, w, b, z.data)
    case .affine(let kept, let changed, let shift, let logScale):
      let mark = arena.used
      let take = { (arena: inout Arena) in arena.take(rows: z.rows, lanes: z.lanes) }
      let (after, input, shifts, scales) = (take(&arena), take(&arena), take(&arena), take(&arena))
      after.copy(z)
      // An autoregressive step settles one more latent, of those that remain, in each round.
      for _ in 0..<(kept.count < z.rows ? 1 : z.rows) {
        z.copy(rows: kept, toClear: input)
        shift.run(input, into: shifts, arena: &arena, k)
        logScale.run(input, into: scales, arena: &arena, k)
        k.activate(ck_activation(kind: CK_EXP, a: 0, b: 0), scales.data, z.rows * z.lanes)
        ck_affine_rows_inverse(changed.count, changed, z.lanes, scales.data, shifts.data, after.data, z.data)
      }
      arena.release(to: mark)
    }
  }
}
