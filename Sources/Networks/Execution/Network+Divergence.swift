import CKernels
import Models

extension Network {
  /// Takes KL(q(z_l | …) ‖ p(z_l | …)) of a layer's free latents from every lane's total. No `prior` operands stand for
  /// a standard normal.
  func subtractDivergence(
    _ layer: Int, _ chunk: Chunk, prior: [ck_operand], path: String, in workspace: Workspace
  ) {
    let q = chunk.posteriors[layer]
    let size = latentCounts[layer]
    // Where nothing depends on the draw, every lane has the same divergence.
    let isShared = (q + prior).allSatisfy { $0.lane_step == 0 }
    for lane in 0..<(isShared ? 1 : chunk.lanes) {
      var divergence = 0.0
      if encoders[layer].distribution == .fullNormal {
        divergence = fullNormalDivergence(q, size, lane)
      } else {
        for run in freeRuns[layer] {
          for unit in run { divergence += normalDivergence(q, prior, unit, lane) }
        }
      }
      // The posterior's scales were looked at when it was drawn from.
      if divergence.isNaN { workspace.report(1, path: path, parameter: "scale") }
      for target in isShared ? 0..<chunk.lanes : lane..<lane + 1 { chunk.totals[target] -= divergence }
    }
  }

  /// KL(N(m, s²) ‖ N(μ, σ²)) = log(σ / s) + (s² + (m − μ)²) / (2σ²) − ½ of one unit, in nats.
  func normalDivergence(_ q: [ck_operand], _ prior: [ck_operand], _ unit: Int, _ lane: Int) -> Double {
    let (mean, variance, logScale) = q.normal(unit, lane)
    guard !prior.isEmpty else { return (variance + mean * mean - 1) / 2 - logScale }
    let (priorMean, priorVariance, priorLogScale) = prior.normal(unit, lane)
    let distance = mean - priorMean
    return priorLogScale - logScale + (variance + distance * distance) / (2 * priorVariance) - 0.5
  }

  /// KL(N(m, T Tᵀ) ‖ N(0, I)) = ½ (‖T‖² + ‖m‖² − d) − Σ log Tᵢᵢ.
  func fullNormalDivergence(_ q: [ck_operand], _ d: Int, _ lane: Int) -> Double {
    var result = -Double(d) / 2
    for i in 0..<d {
      let mean = q[0].value(i, lane)
      result += mean * mean / 2 - q[1].value(i * d + i, lane).logarithm
      for j in 0...i {
        let entry = q[1].value(i * d + j, lane)
        result += entry * entry / 2
      }
    }
    return result
  }
}

extension ck_operand {
  /// The stored number for a row and a lane.
  func value(_ row: Int, _ lane: Int) -> Double { Double(data[row * row_step + lane * lane_step]) }
}

extension [ck_operand] {
  /// Mean, variance and log-scale of a normal.
  func normal(_ unit: Int, _ lane: Int) -> (mean: Double, variance: Double, logScale: Double) {
    let stored = self[1].value(unit, lane)
    let mean = self[0].value(unit, lane)
    switch self[1].form {
    case CK_LOG: return (mean, (2 * stored).exponential, stored)
    case CK_LOG_SQUARE: return (mean, stored.exponential, stored / 2)
    case CK_SQUARE: return (mean, stored, stored.logarithm / 2)
    default: return (mean, stored * stored, stored.logarithm)
    }
  }
}
