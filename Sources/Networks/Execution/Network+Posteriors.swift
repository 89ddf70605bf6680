import CKernels
import Models

/// The posterior of one layer's units, for one example and some draws of the layers that it depends on.
public struct LayerPosterior: Sendable, Equatable {
  /// What a posterior is given.
  public enum Condition: Sendable, Equatable {
    /// The example alone.
    case data
    /// Latents of other layers alone.
    case latents
    /// Both.
    case dataAndLatents
  }

  /// Units of the layer.
  public let units: Int
  /// Draws: 1 where the posterior depends on the example alone and its means are known.
  public let draws: Int
  /// E_q[u], one row of units a draw. After a flow no mean has a closed form, and a row is the draw itself: its mean is E_q[u].
  public internal(set) var means: [Double]
  /// Standard deviations of the units about `means`, likewise; 0 where those are draws.
  public internal(set) var scales: [Double]
  /// KL(q(u | …) ‖ p(u | …)) of each unit's marginals at the drawn parents, in nats; NaN where it has no closed form, as
  /// after a flow. One row of units a draw; a single one where nothing it depends on was drawn.
  public internal(set) var divergences: [Double]
  /// log q(u | …) − log p(u | …) of each unit at its own draw, likewise: its mean is what the unit adds to
  /// KL(q(z₁, …, z_L | x) ‖ p(z₁, …, z_L)). Nil where `divergences` have that mean already, or where it doesn't part by units.
  ///
  /// (They have not where p(u | …) is given latents that were drawn from u: z₁ below z₂ ~ q(z₂ | z₁).)
  public internal(set) var logRatios: [Double]?
  /// The divergence of the whole layer, one a draw, where it is not the sum of its units'. Without a closed form, of the only
  /// layer, log q(z | x) − log p(z) at the draws; otherwise NaN.
  public internal(set) var jointDivergences: [Double]?
  /// What the posterior is given.
  public var condition: Condition
  /// Whether `divergences` (or what stands for them) were taken at draws of this layer's units.
  public internal(set) var isDivergenceSampled = false
  /// Whether `means` are draws.
  public internal(set) var areMeansSampled = false
  /// Whether the units are independent normals: q(z | …) = Π N(mean, scale²).
  public var isFactorizedNormal: Bool

  /// Whether `means` are known: given the example alone, without a flow.
  public var hasExactMeans: Bool { condition == .data && !areMeansSampled }

  /// Posteriors of `draws` draws, one row of units for each.
  public init(
    draws: Int, means: [Double], scales: [Double], divergences: [Double], condition: Condition = .data,
    isFactorizedNormal: Bool = true
  ) {
    self.draws = draws
    units = means.count / max(1, draws)
    self.means = means
    self.scales = scales
    self.divergences = divergences
    self.condition = condition
    self.isFactorizedNormal = isFactorizedNormal
  }
}

extension Network {
  /// The posteriors of every layer (z₁ first), given `draws` independent draws of all layers.
  ///
  /// What depends on the example alone has a single row. Unit divergences are those of the marginals: against N(0, 1), the
  /// prior's normal, or p(z_l | …) at the drawn parents.
  ///
  /// - Throws: `InvalidParameter` where a network gives a scale that is not positive and finite.
  public func posteriors(
    position: Int, key: DrawKey, draws: Range<Int>, in workspace: Workspace
  ) throws(InvalidParameter) -> [LayerPosterior] {
    precondition(draws.count <= workspace.drawCapacity && !draws.isEmpty, "too many draws at once, or none")
    // With a single layer, its log q − log p at the draws is all that there is of them.
    let needsJoint = encoders.count == 1 && !hasClosedForm[0]
    let chunk = draw(position: position, key: key, draws: draws, in: workspace)
    if let invalid = workspace.invalid { throw invalid }
    var result: [LayerPosterior] = []
    for layer in encoders.indices {
      let mark = workspace.arena.used
      result.append(
        layerPosterior(layer, chunk, prior: independentPrior(layer, chunk, in: workspace), draws: draws.count))
      workspace.arena.release(to: mark)
    }
    if needsJoint, result[0].logRatios == nil {
      subtractPosteriorDensities(chunk, terms: .sampled, in: workspace)
      addLatentDensities(chunk, terms: .sampled, in: workspace)
      if let invalid = workspace.invalid { throw invalid }
      result[0].jointDivergences = (0..<draws.count).map { -chunk.totals[$0] }
      result[0].isDivergenceSampled = true
    }
    return result
  }

  /// A layer's prior at the drawn parents; nil where its units aren't independent.
  private func independentPrior(_ layer: Int, _ chunk: Chunk, in workspace: Workspace) -> IndependentPrior? {
    guard layer + 1 < decoders.count else {
      switch prior {
      case .standardNormal: return IndependentPrior(distribution: .normal, operands: [])
      case .normal(let component):
        return IndependentPrior(distribution: .normal, operands: [component.meanOperand, component.scaleOperand])
      case .mixture: return nil
      }
    }
    let decoder = decoders[layer + 1]
    guard decoder.distribution != .fullNormal else { return nil }
    let input = joined(decoder.given, chunk, in: workspace)
    return IndependentPrior(
      distribution: decoder.distribution, operands: decoder.evaluate(input, arena: &workspace.arena, k))
  }

  private func layerPosterior(_ layer: Int, _ chunk: Chunk, prior: IndependentPrior?, draws: Int) -> LayerPosterior {
    let q = chunk.posteriors[layer]
    let z = chunk.latents[layer].operand(CK_DIRECT)
    let units = latentCounts[layer]
    let encoder = encoders[layer]
    let hasFlow = !encoder.flow.isEmpty
    let rows = isAmortized[layer] && !hasFlow ? 1 : draws
    var means: [Double] = []
    means.reserveCapacity(rows * units)
    var scales: [Double] = []
    scales.reserveCapacity(rows * units)
    for lane in 0..<rows {
      for unit in 0..<units {
        means.append(hasFlow ? z.value(unit, lane) : q[0].value(unit, lane))
        scales.append(hasFlow ? 0 : standardDeviation(layer, q, unit, lane))
      }
    }
    let normal = prior?.distribution == .normal ? prior?.operands : nil
    let isPriorShared = (normal ?? []).allSatisfy { $0.lane_step == 0 }
    let divergenceRows = isPriorShared ? rows : draws
    var divergences: [Double] = []
    divergences.reserveCapacity(divergenceRows * units)
    for lane in 0..<divergenceRows {
      for unit in 0..<units {
        switch (encoder.distribution, normal) {
        case _ where hasFlow: divergences.append(.nan)
        case (.normal, let prior?): divergences.append(normalDivergence(q, prior, unit, lane))
        case (.fullNormal, let prior?):
          divergences.append(marginalDivergence(scales[lane % rows * units + unit], q, prior, unit, lane))
        default: divergences.append(.nan)
        }
      }
    }
    let condition: LayerPosterior.Condition =
      isAmortized[layer] ? .data : encoder.given.contains(0) ? .dataAndLatents : .latents
    var result = LayerPosterior(
      draws: rows, means: means, scales: scales, divergences: divergences, condition: condition,
      isFactorizedNormal: encoder.distribution == .normal && !hasFlow)
    result.areMeansSampled = hasFlow
    // Neither the units of a full normal nor those of a flow are independent.
    let isFactorized = encoder.distribution != .fullNormal && !hasFlow
    if isFactorized, let prior, !hasClosedForm[layer] {
      result.logRatios = logRatios(layer, chunk, prior, draws: draws)
      result.isDivergenceSampled = true
    } else if !isFactorized {
      result.jointDivergences = (0..<divergenceRows).map { lane in
        hasClosedForm[layer] ? fullNormalDivergence(q, units, lane) : .nan
      }
    }
    return result
  }

  private func standardDeviation(_ layer: Int, _ q: [ck_operand], _ unit: Int, _ lane: Int) -> Double {
    switch encoders[layer].distribution {
    case .fullNormal:
      let row = unit * latentCounts[layer]
      return (0...unit).reduce(0) { $0 + q[1].value(row + $1, lane) * q[1].value(row + $1, lane) }.squareRoot()
    case .laplace:
      // A Laplace distribution of scale b has standard deviation √2 b.
      return (2 * q.normal(unit, lane).variance).squareRoot()
    default:
      return q.normal(unit, lane).variance.squareRoot()
    }
  }

  /// KL of a unit's marginal in a full normal, of standard deviation `scale`.
  private func marginalDivergence(_ scale: Double, _ q: [ck_operand], _ prior: [ck_operand], _ unit: Int, _ lane: Int)
    -> Double
  {
    let (priorMean, priorVariance, priorLogScale) = prior.isEmpty ? (0, 1, 0) : prior.normal(unit, lane)
    let distance = q[0].value(unit, lane) - priorMean
    return priorLogScale - scale.logarithm + (scale * scale + distance * distance) / (2 * priorVariance) - 0.5
  }

  /// log q − log p of every unit at its draw.
  private func logRatios(_ layer: Int, _ chunk: Chunk, _ prior: IndependentPrior, draws: Int) -> [Double] {
    let z = chunk.latents[layer].operand(CK_DIRECT)
    var result: [Double] = []
    result.reserveCapacity(draws * latentCounts[layer])
    for lane in 0..<draws {
      for unit in 0..<latentCounts[layer] {
        let value = z.value(unit, lane)
        let q = encoders[layer].distribution.logDensity(chunk.posteriors[layer], value, unit, lane)
        result.append(q - prior.distribution.logDensity(prior.operands, value, unit, lane))
      }
    }
    return result
  }
}

/// A layer's prior with independent units: mean and scale, neither for N(0, 1).
private struct IndependentPrior {
  let distribution: Distribution
  let operands: [ck_operand]
}

extension Distribution {
  /// The log-density of a unit under a normal or Laplace distribution.
  fileprivate func logDensity(_ operands: [ck_operand], _ value: Double, _ unit: Int, _ lane: Int) -> Double {
    let (mean, variance, logScale) = operands.isEmpty ? (0, 1, 0) : operands.normal(unit, lane)
    let distance = value - mean
    return self == .laplace
      ? -distance.magnitude / variance.squareRoot() - logScale - 2.0.logarithm
      : -distance * distance / (2 * variance) - logScale - (2 * Double.pi).logarithm / 2
  }
}
