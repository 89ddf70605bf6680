import CKernels
import Models

extension NetworkModel {
  /// Takes KL(q(z_l | …) ‖ p(z_l | …)) of a layer's free latents from every lane's total. No `prior` operands stand for
  /// a standard normal.
  func subtractDivergence(
    _ layer: Int, _ chunk: Chunk, prior: [ck_operand], path: String, in workspace: Workspace
  ) {
    let q = chunk.posteriors[layer]
    // Where nothing depends on the draw, every lane has the same divergence.
    let isShared = (q + prior).allSatisfy { $0.lane_step == 0 }
    let lanes = isShared ? 1 : chunk.lanes
    workspace.divergences.update(repeating: 0, count: lanes)
    if encoders[layer].distribution == .fullNormal {
      ck_add_full_normal_divergences(latentCounts[layer], lanes, q, workspace.divergences)
    } else {
      for run in freeRuns[layer] {
        ck_add_normal_divergences(
          run.count, lanes, q.map { $0.dropping(rows: run.lowerBound) },
          prior.map { $0.dropping(rows: run.lowerBound) }, prior.count, workspace.divergences)
      }
    }
    let invalid = ck_subtract(chunk.lanes, workspace.divergences, isShared ? 0 : 1, chunk.totals)
    // The posterior's scales were looked at when it was drawn from.
    workspace.report(min(invalid, 1), path: path, parameter: "scale")
  }
}

extension ck_operand {
  /// The stored number for a row and a lane.
  func value(_ row: Int, _ lane: Int) -> Double { Double(data[row * row_step + lane * lane_step]) }
}
