import CKernels
import Models

extension TrainingWalk {
  /// Back through the conditionals of p: gradients of their weights, and of the latents that they are given and are of.
  func reverseConditionals() {
    for layer in network.latentCounts.indices where divergences[layer] == nil {
      k.add_weighted(slopes[layer].rows, lanes, weights, slopes[layer].data, gradients[layer].data)
    }
    for layer in network.latentCounts.indices { reverseDivergence(layer) }
    reversePrior()
    for (layer, conditional) in conditionals.enumerated() {
      guard let (input, kept, parameters) = conditional else { continue }
      let decoder = network.decoders[layer]
      // The gradients of a divergence have their weights already.
      if layer == 0 || divergences[layer - 1] == nil {
        for parameter in parameters {
          if let parameter { k.multiply_lanes(parameter.rows, lanes, weights, parameter.data) }
        }
      }
      if trained.decoder {
        addConstants(decoder, parameters, network.plan.decoders[layer], path: "/decoder/\(layer + 1)")
      }
      let mark = workspace.gradientArena.used
      let target = workspace.gradientArena.take(rows: input.rows, lanes: lanes)
      decoder.reverse(
        parameters, input: input, kept: kept, into: target, arena: &workspace.gradientArena,
        weights: trained.decoder ? sink : nil, needsInput: trained.encoder, k)
      if trained.encoder { addToGiven(decoder.given, target) }
      workspace.gradientArena.release(to: mark)
    }
    if objective == .importanceWeighted(.doublyReparameterized), trained.encoder {
      // The weights of p's gradients are shares; those of q's are squares of shares.
      let shares = workspace.gradientArena.take(rows: 1, lanes: lanes)
      ck_lane_ratios(lanes, posteriorWeights, weights, shares.data)
      for gradient in gradients { k.multiply_lanes(gradient.rows, lanes, shares.data, gradient.data) }
    }
  }

  /// The gradients of a divergence by the parameters of p; those by the posterior's are taken with it.
  private func reverseDivergence(_ layer: Int) {
    guard let prior = divergences[layer], network.encoders[layer].distribution == .normal else { return }
    let rows = network.latentCounts[layer]
    let mark = workspace.gradientArena.used
    let unused = workspace.gradientArena.take(rows: 2 * rows, lanes: lanes)
    let parameters =
      layer + 1 < network.decoders.count ? conditionals[layer + 1]?.parameters ?? [nil, nil] : priorParameters
    if !prior.isEmpty {
      ck_normal_divergence_gradients(
        rows, lanes, chunk.posteriors[layer], prior, prior.count, weights, unused.data, unused.data + rows * lanes,
        parameters[0]?.data, parameters[1]?.data)
    }
    workspace.gradientArena.release(to: mark)
  }

  private func reversePrior() {
    guard trained.decoder, case .normal(let component) = network.prior else { return }
    if divergences[network.latentCounts.count - 1] == nil {
      for parameter in priorParameters {
        if let parameter { k.multiply_lanes(parameter.rows, lanes, weights, parameter.data) }
      }
    }
    if let mean = priorParameters[0] { sink.add(constant: "/prior/mean", mean, byRow: component.mean.count > 1) }
    guard let scale = priorParameters[1] else { return }
    for parameter in network.description.prior.parameters(at: "/prior") where parameter.path != "/prior/mean" {
      sink.add(constant: parameter.path, scale, byRow: component.scale.count > 1)
    }
  }

  /// Adds the gradients of parameters that no network computes.
  private func addConstants(
    _ conditional: CompiledConditional, _ gradients: [Lanes?], _ plan: ConditionalPlan, path: String
  ) {
    for (slot, parameter) in conditional.parameters.enumerated() {
      guard case .constant(let buffer, _, _) = parameter, let gradient = gradients[slot] else { continue }
      let name = plan.parameters[slot].name.rawValue
      sink.add(constant: "\(path)/\(name)", gradient, byRow: buffer.count > 1 || gradient.rows == 1)
    }
  }

  private func addToGiven(_ given: [Int], _ target: Lanes) {
    var first = 0
    for variable in given {
      let rows = network.size(ofVariable: variable)
      if variable > 0 { k.add(rows * lanes, target.data + first * lanes, gradients[variable - 1].data) }
      first += rows
    }
  }

  // MARK: Posteriors

  /// Back through the posteriors, last drawn first.
  func reversePosteriors() {
    for layer in network.samplingOrder.reversed() {
      let mark = workspace.gradientArena.used
      switch objective {
      case .evidenceLowerBound where divergences[layer] != nil: reverse(layer, drawn: 0, total: 0)
      case .evidenceLowerBound, .importanceWeighted(.standard): reverse(layer, drawn: 0, total: 1)
      case .importanceWeighted(.doublyReparameterized):
        reverse(layer, drawn: 1, total: 1)
        // What log q changes by with its parameters belongs to the latents that it is given, not to its weights.
        if !network.isAmortized[layer] { reverse(layer, drawn: -1, total: 0, isOfWeights: false) }
      case .wake: reverse(layer, drawn: 1, total: 0)
      }
      workspace.gradientArena.release(to: mark)
    }
  }

  /// Back through a posterior, with the gradient of `drawn` · log q + `total` · log scale besides that of its latents.
  private func reverse(_ layer: Int, drawn: Float, total: Float, isOfWeights: Bool = true) {
    guard let (input, kept) = posteriors[layer] else { return }
    let encoder = network.encoders[layer]
    let parameters = encoder.parameterGradients(lanes: lanes, arena: &workspace.gradientArena, constants: true)
    guard let mean = parameters[0], let scale = parameters[1] else { return }
    let z = objective == .wake || !isOfWeights ? nil : gradients[layer]
    if encoder.distribution == .fullNormal {
      reverseFullNormal(layer, z, drawn: drawn, total: total, mean, scale)
    } else {
      ck_posterior_gradient(
        encoder.density, mean.rows, lanes, chunk.posteriors[layer][1], chunk.noise[layer].data, z?.data,
        posteriorWeights, drawn, total, mean.data, scale.data)
    }
    if let prior = divergences[layer], isOfWeights { addDivergence(layer, prior, mean, scale) }
    if isOfWeights { addConstants(encoder, parameters, network.plan.encoders[layer], path: "/encoder/\(layer + 1)") }
    let isAmortized = network.isAmortized[layer]
    let given = isAmortized ? parameters.map { $0.map(summed) } : parameters
    let target = workspace.gradientArena.take(rows: input.rows, lanes: input.lanes)
    let needsInput = !isAmortized && objective != .wake
    encoder.reverse(
      given, input: input, kept: kept, into: target, arena: &workspace.gradientArena,
      weights: isOfWeights ? sink : nil, needsInput: needsInput, k)
    if needsInput { addToGiven(encoder.given, target) }
  }

  /// A gradient on lanes of pairs, added up on those of the examples.
  private func summed(_ gradient: Lanes) -> Lanes {
    let result = workspace.gradientArena.take(rows: gradient.rows, lanes: exampleLanes)
    ck_sum_pairs(gradient.rows, examples, draws, lanes, gradient.data, exampleLanes, result.data)
    return result
  }

  private func addDivergence(_ layer: Int, _ prior: [ck_operand], _ mean: Lanes, _ scale: Lanes) {
    let mark = workspace.gradientArena.used
    let meanSlope = workspace.gradientArena.take(rows: mean.rows, lanes: lanes)
    let scaleSlope = workspace.gradientArena.take(rows: scale.rows, lanes: lanes)
    let q = chunk.posteriors[layer]
    if network.encoders[layer].distribution == .fullNormal {
      ck_full_normal_divergence_gradients(mean.rows, lanes, q, posteriorWeights, meanSlope.data, scaleSlope.data)
    } else {
      ck_normal_divergence_gradients(
        mean.rows, lanes, q, prior, prior.count, posteriorWeights, meanSlope.data, scaleSlope.data, nil, nil)
    }
    k.add(mean.rows * lanes, meanSlope.data, mean.data)
    k.add(scale.rows * lanes, scaleSlope.data, scale.data)
    workspace.gradientArena.release(to: mark)
  }

  /// z = mean + T ε, so that log q(z) changes by −T⁻ᵀ ε with z, and the other way with the mean.
  private func reverseFullNormal(
    _ layer: Int, _ z: Lanes?, drawn: Float, total: Float, _ mean: Lanes, _ scale: Lanes
  ) {
    let tril = chunk.posteriors[layer][1]
    let noise = chunk.noise[layer].data
    mean.clear()
    if let z { mean.copy(z) }
    guard drawn != 0 else {
      return ck_triangular_gradient(mean.rows, lanes, tril, noise, mean.data, posteriorWeights, total, scale.data)
    }
    let slope = workspace.gradientArena.take(rows: mean.rows, lanes: lanes)
    let weighted = workspace.gradientArena.take(rows: 1, lanes: lanes)
    ck_scale(lanes, -drawn, posteriorWeights, weighted.data)
    k.full_normal_gradient(mean.rows, lanes, tril, noise, slope.data, scale.data)
    k.add_weighted(mean.rows, lanes, weighted.data, slope.data, mean.data)
    if total != 0 {
      // Of log q by z alone: what T is given comes through z.
      ck_triangular_gradient(mean.rows, lanes, tril, noise, mean.data, posteriorWeights, 0, scale.data)
    } else {
      ck_scale(lanes, drawn, posteriorWeights, weighted.data)
      k.multiply_lanes(scale.rows, lanes, weighted.data, scale.data)
    }
  }
}
