extension Planner {
  /// Layers of latents beyond which the streams of random numbers would be shared.
  package static let mostLatentLayers = 239

  /// Plans a whole model; nil after problems.
  mutating func plan(_ model: ModelDescription) -> NetworkPlan? {
    let layers = model.encoders.count
    guard layers > 0, model.decoders.count == layers else {
      report("/", "expected as many decoders as encoders, at least one; found \(layers) and \(model.decoders.count)")
      return nil
    }
    guard layers <= Self.mostLatentLayers else {
      report("/encoder", "expected at most \(Self.mostLatentLayers) layers of latents, found \(layers)")
      return nil
    }
    guard !model.input.shape.isEmpty, model.input.shape.allSatisfy({ $0 > 0 }),
      model.input.shape.elementCount(atMost: Self.largestLayer) != nil
    else {
      report("/input", "expected a shape of positive extents, found \(model.input.shape)")
      return nil
    }
    if let names = model.input.names, names.count != model.input.shape.reduce(1, *) || Set(names).count != names.count {
      report("/input/names", "expected \(model.input.shape.reduce(1, *)) different names, found \(Set(names).count)")
      return nil
    }
    guard check(model.covariates), let order = samplingOrder(model) else { return nil }
    var encoders = [ConditionalPlan?](repeating: nil, count: layers)
    var isComplete = true
    for layer in order {
      let path = "/encoder/\(layer + 1)"
      let conditional = model.encoders[layer]
      guard conditional.distribution.isLatent else {
        report(path, "a posterior is normal, full-normal or laplace; found \(conditional.distribution.rawValue)")
        isComplete = false
        continue
      }
      guard let input = inputShape(conditional.given, model, encoders) else {
        isComplete = false
        continue
      }
      encoders[layer] = plan(conditional, input: input, size: nil, path: path)
      if let size = encoders[layer]?.size, let flow = plan(conditional.flow, units: size, path: path) {
        encoders[layer]?.flow = flow
      } else {
        isComplete = false
      }
    }
    var decoders: [ConditionalPlan] = []
    for (layer, conditional) in model.decoders.enumerated() {
      let path = "/decoder/\(layer + 1)"
      if !conditional.flow.isEmpty {
        report(path + "/flow", "a flow belongs to a posterior: an encoder")
        isComplete = false
      }
      if layer > 0, !conditional.distribution.isLatent {
        report(path, "a latent is normal, full-normal or laplace; found \(conditional.distribution.rawValue)")
        isComplete = false
        continue
      }
      let size = layer == 0 ? model.input.shape.reduce(1, *) : encoders[layer - 1]?.size
      guard let size, let input = inputShape(conditional.given, model, encoders),
        let planned = plan(
          conditional, input: input, size: size, lastAxis: layer == 0 ? model.input.shape.last : nil, path: path)
      else {
        isComplete = false
        continue
      }
      decoders.append(planned)
    }
    let complete = encoders.compactMap { $0 }
    if case .vampPrior = model.prior, let first = model.encoders.first, first.usesCovariates {
      report(
        "/prior", "a vamp prior is a mixture of q(z|u); this q is given covariates, which a pseudo-input has none of")
      return nil
    }
    guard isComplete, let top = complete.last,
      check(model.prior, units: top.size, encoder: complete[0], layers: layers)
    else { return nil }
    return NetworkPlan(model, encoders: complete, decoders: decoders, samplingOrder: order)
  }

  /// The shape of what a conditional is fed with; nil where a variable's size is not known (reported elsewhere).
  private func inputShape(_ given: [Int], _ model: ModelDescription, _ encoders: [ConditionalPlan?]) -> [Int]? {
    if given == [0] { return model.input.shape }
    var elements = 0
    for variable in given {
      if variable == 0 {
        elements += model.input.shape.reduce(1, *)
      } else if let encoder = encoders[variable - 1] {
        elements += encoder.size
      } else {
        return nil
      }
    }
    return [elements]
  }

  /// Layers in an order in which every posterior comes after what it is given.
  private mutating func samplingOrder(_ model: ModelDescription) -> [Int]? {
    let layers = model.encoders.count
    for (layer, conditional) in model.encoders.enumerated() {
      let allowed = conditional.given.allSatisfy { (0...layers).contains($0) && $0 != layer + 1 }
      if !allowed || conditional.given.isEmpty || Set(conditional.given).count < conditional.given.count {
        report(
          "/encoder/\(layer + 1)", "given \(conditional.given): expected other variables among 0 … \(layers), each once"
        )
        return nil
      }
    }
    for (layer, conditional) in model.decoders.enumerated() {
      let allowed = conditional.given.allSatisfy { (layer + 1...layers).contains($0) }
      if !allowed || conditional.given.isEmpty || Set(conditional.given).count < conditional.given.count {
        report(
          "/decoder/\(layer + 1)",
          "given \(conditional.given): expected variables among \(layer + 1) … \(layers), each once")
        return nil
      }
    }
    var order: [Int] = []
    while order.count < layers {
      let next = (0..<layers).first { layer in
        !order.contains(layer)
          && model.encoders[layer].given.allSatisfy { $0 == 0 || order.contains($0 - 1) }
      }
      guard let next else {
        let cycle = (1...layers).filter { !order.contains($0 - 1) }.map { "/encoder/\($0)" }
        report("/encoder", "the posteriors form a cycle: \(cycle.joined(separator: ", "))")
        return nil
      }
      order.append(next)
    }
    return order
  }
}

/// For each layer, whether E_q[log p(z_l | …) − log q(z_l | …)] given the other layers is minus a Kullback–Leibler
/// divergence in closed form: both are normal, and no variable that p(z_l | …) is given was sampled after z_l and
/// depends on it.
func closedForms(_ model: ModelDescription, order: [Int]) -> [Bool] {
  let layers = model.encoders.count
  return (0..<layers).map { layer in
    var descendants: Set<Int> = []
    for other in order
    where model.encoders[other].given.contains(where: { $0 == layer + 1 || descendants.contains($0) }) {
      descendants.insert(other + 1)
    }
    let q = model.encoders[layer]
    guard q.flow.isEmpty else { return false }
    if layer == layers - 1 {
      switch model.prior {
      case .standardNormal: return q.distribution == .normal || q.distribution == .fullNormal
      case .normal: return q.distribution == .normal
      case .normalMixture, .vampPrior: return false
      }
    }
    let p = model.decoders[layer + 1]
    return q.distribution == .normal && p.distribution == .normal && descendants.isDisjoint(with: p.given)
  }
}
