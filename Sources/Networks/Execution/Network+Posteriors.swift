import CKernels

/// The posterior of one layer's units, for one example and some draws of the layers that it depends on.
public struct LayerPosterior: Sendable, Equatable {
  /// Units of the layer.
  public let units: Int
  /// Draws: 1 where the posterior depends on the example alone.
  public let draws: Int
  /// E_q[u] before any flow, one row of units a draw.
  public internal(set) var means: [Double]
  /// Standard deviations of the units, likewise.
  public internal(set) var scales: [Double]
  /// KL(q(u | …) ‖ p(u | …)) of each unit's marginals, in nats, likewise; NaN where it has no closed form.
  public internal(set) var divergences: [Double]

  /// Posteriors of `draws` draws, one row of units for each.
  public init(draws: Int, means: [Double], scales: [Double], divergences: [Double]) {
    self.draws = draws
    units = means.count / max(1, draws)
    self.means = means
    self.scales = scales
    self.divergences = divergences
  }
}

extension Network {
  /// The posteriors of every layer (z₁ first), given `draws` independent draws of the layers below and above.
  ///
  /// With one stochastic layer nothing is drawn. Unit divergences are those of the marginals: against N(0, 1), the
  /// prior's normal, or p(z_l | …) at the drawn parents.
  public func posteriors(
    position: Int, key: DrawKey, draws: Range<Int>, in workspace: Workspace
  ) throws(InvalidParameter) -> [LayerPosterior] {
    let chunk = try draw(position: position, key: key, draws: draws, terms: .sampled, in: workspace)
    var result: [LayerPosterior] = []
    for layer in encoders.indices {
      let mark = workspace.arena.used
      var priorOperands: [ck_operand] = []
      var hasNormalPrior = true
      if layer + 1 < decoders.count {
        let decoder = decoders[layer + 1]
        priorOperands = decoder.evaluate(joined(decoder.given, chunk, in: workspace), arena: &workspace.arena, k)
        hasNormalPrior = decoder.distribution == .normal
      } else {
        switch prior {
        case .standardNormal: break
        case .normal(let component): priorOperands = [component.meanOperand, component.scaleOperand]
        case .mixture: hasNormalPrior = false
        }
      }
      result.append(
        layerPosterior(
          layer, chunk.posteriors[layer], hasNormalPrior ? priorOperands : nil, draws: draws.count))
      workspace.arena.release(to: mark)
    }
    return result
  }

  private func layerPosterior(_ layer: Int, _ q: [ck_operand], _ prior: [ck_operand]?, draws: Int) -> LayerPosterior {
    let units = latentCounts[layer]
    let encoder = encoders[layer]
    let isShared = isAmortized[layer] && (prior ?? []).allSatisfy { $0.lane_step == 0 }
    let draws = isShared ? 1 : draws
    var means: [Double] = []
    var scales: [Double] = []
    var divergences: [Double] = []
    for lane in 0..<draws {
      for unit in 0..<units {
        means.append(q[0].value(unit, lane))
        switch encoder.distribution {
        case .fullNormal:
          let row = (0...unit).map { q[1].value(unit * units + $0, lane) }
          scales.append(row.reduce(0) { $0 + $1 * $1 }.squareRoot())
        case .laplace:
          // A Laplace distribution of scale b has standard deviation √2 b.
          scales.append((2 * q.normal(unit, lane).variance).squareRoot())
        default: scales.append(q.normal(unit, lane).variance.squareRoot())
        }
        guard let prior, encoder.distribution != .laplace else {
          divergences.append(.nan)
          continue
        }
        if encoder.distribution == .fullNormal {
          let mean = q[0].value(unit, lane)
          let scale = scales[scales.count - 1]
          let (priorMean, priorVariance, priorLogScale) = prior.isEmpty ? (0, 1, 0) : prior.normal(unit, lane)
          let distance = mean - priorMean
          divergences.append(
            priorLogScale - scale.logarithm + (scale * scale + distance * distance) / (2 * priorVariance) - 0.5)
        } else {
          divergences.append(normalDivergence(q, prior, unit, lane))
        }
      }
    }
    return LayerPosterior(draws: draws, means: means, scales: scales, divergences: divergences)
  }
}
