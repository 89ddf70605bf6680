import CKernels
import Models

extension NetworkModel {
  /// The mean of each element of x under p(x | z): of bits their probabilities, of classes the most probable one, of one-hot
  /// data the probabilities of the classes.
  ///
  /// - Parameters:
  ///   - latents: Those of all layers concatenated, z₁'s first.
  ///   - position: The example of the batch whose covariates are taken, by a model that is given any.
  /// - Throws: `InvalidParameter` where the network gives a parameter that is no number.
  public func means(
    of latents: [Float], position: Int = 0, in workspace: Workspace
  ) throws(InvalidParameter) -> [Float] {
    precondition(latents.count == noiseCount, "expected \(noiseCount) latents")
    if let bound = bound(to: position, in: workspace) {
      return try bound.means(of: latents, position: position, in: workspace)
    }
    let lanes = Int(CK_LANE_MULTIPLE)
    workspace.arena.release(to: 0)
    var first = 0
    let matrices = latentCounts.map { count in
      let matrix = workspace.arena.take(rows: count, lanes: lanes)
      ck_spread(count, lanes, Array(latents[first..<first + count]), matrix.data)
      first += count
      return matrix
    }
    let decoder = decoders[0]
    let input = joined(decoder.given, matrices, lanes: lanes, in: workspace, arena: &workspace.arena)
    let parameters = decoder.evaluate(input, arena: &workspace.arena, k)
    let means = (0..<inputCount).map { decoder.mean($0, parameters, isOneHot: plan.isOneHot) }
    guard means.allSatisfy(\.isFinite) else {
      throw InvalidParameter(path: "/decoder/1", message: "the network gives parameters that have no mean")
    }
    return means.map { Float($0) }
  }

  /// The mean of some draws of the latents of an example of the batch: those of all layers concatenated, z₁'s first.
  public func meanLatents(
    position: Int, key: DrawKey, draws: Range<Int>, in workspace: Workspace
  ) throws(InvalidParameter) -> [Float] {
    precondition(draws.count <= workspace.drawCapacity && !draws.isEmpty, "too many draws at once, or none")
    if let bound = bound(to: position, in: workspace) {
      return try bound.meanLatents(position: position, key: key, draws: draws, in: workspace)
    }
    let chunk = draw(position: position, key: key, draws: draws, in: workspace)
    if let invalid = workspace.invalid { throw invalid }
    return chunk.latents.flatMap { z in
      (0..<z.rows).map { row in
        Float((0..<draws.count).reduce(0.0) { $0 + Double(z.data[row * z.lanes + $1]) } / Double(draws.count))
      }
    }
  }
}

extension CompiledConditional {
  /// The mean of an element in the first lane.
  fileprivate func mean(_ element: Int, _ parameters: [ck_operand], isOneHot: Bool) -> Double {
    func stored(_ slot: Int, _ row: Int) -> Double { parameters[slot].value(row, 0) }
    func positive(_ slot: Int) -> Double {
      let value = stored(slot, element)
      return switch parameters[slot].form {
      case CK_LOG: value.exponential
      case CK_LOG_SQUARE: (value / 2).exponential
      case CK_SQUARE: value.squareRoot()
      default: value
      }
    }
    func sigmoid(_ logit: Double) -> Double { 1 / (1 + (-logit).exponential) }
    func shares(_ run: Int) -> [Double] {
      let logits = (0..<components).map { stored(0, run * components + $0) }
      let largest = logits.max() ?? 0
      let weights = logits.map { ($0 - largest).exponential }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    switch density {
    case CK_BERNOULLI_LOGITS, CK_CONTINUOUS_BERNOULLI_LOGITS: return sigmoid(stored(0, element))
    case CK_CATEGORICAL:
      if isOneHot { return shares(element / components)[element % components] }
      let shares = shares(element)
      return Double(shares.firstIndex(of: shares.max() ?? 0) ?? 0)
    case CK_LOGISTIC_MIXTURE:
      let shares = shares(element)
      return (0..<components).reduce(0.0) { $0 + shares[$1] * stored(1, element * components + $1) }
    case CK_BETA: return positive(0) / (positive(0) + positive(1))
    case CK_POISSON, CK_NEGATIVE_BINOMIAL: return positive(0)
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL: return positive(0) * sigmoid(-stored(2, element))
    default: return stored(0, element)
    }
  }
}
