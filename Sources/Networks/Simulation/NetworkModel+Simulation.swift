import CKernels
import Models

extension NetworkModel {
  /// Draws z ~ p(z), then x ~ p(x | z): pure functions of the key, by streams that no draw of the posterior has.
  ///
  /// - Parameters:
  ///   - position: The example of the batch whose covariates are taken, by a model that is given any.
  ///   - x: Room for `inputCount` elements.
  ///   - latents: Room for the latents of all layers concatenated, z₁'s first.
  /// - Throws: `InvalidParameter` where a network gives a scale or another parameter outside its domain.
  public func simulate(
    _ key: DrawKey, position: Int = 0, in workspace: Workspace, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws(InvalidParameter) {
    if let bound = bound(to: position, in: workspace) {
      return try bound.simulate(key, position: position, in: workspace, example: x, latents: latents)
    }
    let lanes = Int(CK_LANE_MULTIPLE)
    workspace.arena.release(to: 0)
    let matrices = latentCounts.map { workspace.arena.take(rows: $0, lanes: lanes) }
    for layer in latentCounts.indices.reversed() {
      let count = latentCounts[layer]
      let first = latentCounts[..<layer].reduce(0, +)
      let target = latents + first
      let numbers = SimulatedNumbers(key, first: first, count: count, k)
      if layer + 1 == latentCounts.count {
        try simulate(prior, count: count, numbers, into: target)
      } else {
        try simulate(decoders[layer + 1], matrices, numbers, into: target, path: "/decoder/\(layer + 2)", in: workspace)
      }
      ck_spread(count, lanes, target, matrices[layer].data)
    }
    let numbers = SimulatedNumbers(key, first: noiseCount, count: inputCount, k)
    try simulate(decoders[0], matrices, numbers, into: x, path: "/decoder/1", in: workspace)
    if plan.isOneHot { spreadClasses(x) }
  }

  /// Makes one-hot runs of the classes at the beginning of an example, the last one first: a run is behind the classes that
  /// are still to be spread.
  private func spreadClasses(_ x: UnsafeMutablePointer<Float>) {
    let classes = decoders[0].components
    for run in (0..<decoders[0].size).reversed() {
      let drawn = Int(x[run])
      for element in 0..<classes { x[run * classes + element] = element == drawn ? 1 : 0 }
    }
  }

  private func simulate(
    _ prior: CompiledPrior, count: Int, _ numbers: SimulatedNumbers, into target: UnsafeMutablePointer<Float>
  ) throws(InvalidParameter) {
    var component: CompiledPrior.Component?
    switch prior {
    case .standardNormal: break
    case .normal(let only): component = only
    case .mixture(let logWeights, let components):
      component = components[numbers.choice(element: 0, logWeights: logWeights)]
    }
    guard let component else {
      for element in 0..<count { target[element] = Float(numbers.normal(element)) }
      return
    }
    let sampler = Sampler(
      distribution: component.distribution, density: CK_NORMAL, components: 1, bins: 0,
      parameters: [component.meanOperand, component.scaleOperand])
    try sampler.draw(count: count, numbers, into: target, path: "/prior")
  }

  private func simulate(
    _ conditional: CompiledConditional, _ latents: [Lanes], _ numbers: SimulatedNumbers,
    into target: UnsafeMutablePointer<Float>, path: String, in workspace: Workspace
  ) throws(InvalidParameter) {
    let mark = workspace.arena.used
    let input = joined(
      conditional.given, latents, lanes: Int(CK_LANE_MULTIPLE), in: workspace, arena: &workspace.arena)
    let sampler = Sampler(
      distribution: conditional.distribution, density: conditional.density, components: conditional.components,
      bins: conditional.bins, parameters: conditional.evaluate(input, arena: &workspace.arena, k))
    try sampler.draw(count: conditional.size, numbers, into: target, path: path)
    workspace.arena.release(to: mark)
  }
}
