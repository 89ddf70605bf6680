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
  public package(set) var means: [Double]
  /// Standard deviations of the units about `means`, likewise; 0 where those are draws.
  public package(set) var scales: [Double]
  /// KL(q(u | …) ‖ p(u | …)) of each unit's marginals at the drawn parents, in nats; NaN where it has no closed form, as
  /// after a flow. One row of units a draw; a single one where nothing it depends on was drawn.
  public package(set) var divergences: [Double]
  /// log q(u | …) − log p(u | …) of each unit at its own draw, likewise: its mean is what the unit adds to
  /// KL(q(z₁, …, z_L | x) ‖ p(z₁, …, z_L)). Nil where `divergences` have that mean already, or where it doesn't part by units.
  ///
  /// (They have not where p(u | …) is given latents that were drawn from u: z₁ below z₂ ~ q(z₂ | z₁).)
  public package(set) var logRatios: [Double]?
  /// The divergence of the whole layer, one a draw, where it is not the sum of its units'. Without a closed form, of the only
  /// layer, log q(z | x) − log p(z) at the draws; otherwise NaN.
  public package(set) var jointDivergences: [Double]?
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

extension NetworkModel {
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
    if let bound = bound(to: position, in: workspace) {
      return try bound.posteriors(position: position, key: key, draws: draws, in: workspace)
    }
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
    let means = filled(rows * units) { ck_unit_values(units, rows, hasFlow ? z : q[0], $0) }
    let scales = filled(rows * units) {
      switch encoder.distribution {
      case _ where hasFlow: break
      case .fullNormal: ck_full_normal_deviations(units, rows, q[1], $0)
      default: ck_unit_deviations(encoder.density, units, rows, q, $0)
      }
    }
    let normal = prior?.distribution == .normal ? prior?.operands : nil
    let isPriorShared = (normal ?? []).allSatisfy { $0.lane_step == 0 }
    let divergenceRows = isPriorShared ? rows : draws
    let divergences = filled(divergenceRows * units, with: .nan) {
      switch (encoder.distribution, normal) {
      case _ where hasFlow: break
      case (.normal, let prior?): ck_unit_divergences(units, divergenceRows, q, prior, prior.count, $0)
      case (.fullNormal, let prior?):
        ck_marginal_divergences(units, divergenceRows, q[0], scales, rows, prior, prior.count, $0)
      default: break
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
      result.logRatios = filled(draws * units) {
        ck_unit_log_ratios(
          units, draws, z, encoder.density, q, prior.distribution == .laplace ? CK_LAPLACE : CK_NORMAL,
          prior.operands, prior.operands.count, $0)
      }
      result.isDivergenceSampled = true
    } else if !isFactorized {
      result.jointDivergences = filled(divergenceRows, with: hasClosedForm[layer] ? 0 : .nan) {
        if hasClosedForm[layer] { ck_add_full_normal_divergences(units, divergenceRows, q, $0) }
      }
    }
    return result
  }

  /// Numbers that begin at a value and are written by C.
  private func filled(
    _ count: Int, with value: Double = 0, _ fill: (UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: value)
      if let start = buffer.baseAddress { fill(start) }
      initialized = count
    }
  }
}

/// A layer's prior with independent units: mean and scale, neither for N(0, 1).
private struct IndependentPrior {
  let distribution: Distribution
  let operands: [ck_operand]
}
