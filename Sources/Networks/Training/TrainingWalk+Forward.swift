import CKernels
import Models

extension TrainingWalk {
  /// Draws a layer's latents.
  mutating func sample(_ layer: Int, _ key: TrainingNoise) {
    let encoder = network.encoders[layer]
    let isAmortized = network.isAmortized[layer]
    let input = joined(encoder.given, ofExamples: isAmortized)
    let kept = workspace.gradientArena.take(rows: encoder.keptRows, lanes: input.lanes).data
    let operands = encoder.evaluateKeeping(input, kept: kept, k)
    posteriors[layer] = (input, kept)
    chunk.posteriors[layer] = isAmortized ? spread(operands, encoder) : operands
    let noise = workspace.gradientArena.take(rows: encoder.size, lanes: lanes)
    let generate = encoder.distribution == .laplace ? k.laplaces : k.normals
    generate?(
      key.seed, DrawKey.training(step: key.step), UInt32(truncatingIfNeeded: key.firstPair), UInt32(layer + 1),
      encoder.size, lanes, noise.data)
    ck_repeat_lane(noise.rows, lanes, examples * draws - 1, noise.data)
    chunk.noise[layer] = noise
    let z = chunk.latents[layer]
    network.place(z, layer: layer, chunk.posteriors[layer], noise, in: workspace)
    for (index, step) in encoder.flow.enumerated() {
      // The encoder of a flow isn't trained, so that nothing has to be kept.
      let place = workspace.gradientArena.take(rows: step.keptRows(z.rows), lanes: lanes).data
      step.applyKeeping(
        to: z, logDeterminant: workspace.logDeterminants(layer, step: index, network), kept: place, k)
    }
  }

  /// A posterior's parameters of each example, for each of its draws.
  private func spread(_ operands: [ck_operand], _ encoder: CompiledConditional) -> [ck_operand] {
    operands.enumerated().map { slot, operand in
      guard operand.lane_step != 0 else { return operand }
      let matrix = workspace.gradientArena.take(rows: encoder.rows(ofParameter: slot), lanes: lanes)
      ck_lanes_of_pairs(matrix.rows, examples, draws, exampleLanes, operand.data, lanes, matrix.data)
      return matrix.operand(operand.form)
    }
  }

  /// Adds every term of the log-weights, and keeps the gradients of those of p.
  mutating func addDensities() {
    network.subtractPosteriorDensities(chunk, terms: objective.terms, in: workspace)
    for layer in 0..<network.latentCounts.count - 1 { addLatentDensity(layer) }
    addPrior()
    addLikelihood()
  }

  private var needsGradients: Bool { objective != .wake }

  private func isClosed(_ layer: Int) -> Bool { objective.terms == .closedForm && network.hasClosedForm[layer] }

  private mutating func addLatentDensity(_ layer: Int) {
    let decoder = network.decoders[layer + 1]
    let input = joined(decoder.given)
    let kept = workspace.gradientArena.take(rows: decoder.keptRows, lanes: lanes).data
    let operands = decoder.evaluateKeeping(input, kept: kept, k)
    let parameters = decoder.parameterGradients(lanes: lanes, arena: &workspace.gradientArena, constants: true)
    conditionals[layer + 1] = (input, kept, parameters)
    if isClosed(layer) {
      divergences[layer] = operands
      return network.subtractDivergence(layer, chunk, prior: operands, path: "/decoder/\(layer + 2)", in: workspace)
    }
    densities.add(
      chunk.latents[layer].operand(CK_DIRECT), layer: layer, decoder.distribution, operands, slopes: slopes[layer],
      parameters, path: "/decoder/\(layer + 2)", into: chunk.totals)
  }

  private mutating func addPrior() {
    let top = network.latentCounts.count - 1
    let z = chunk.latents[top]
    switch network.prior {
    case .standardNormal:
      if isClosed(top) { return subtractDivergence(top, prior: []) }
      var arguments = ck_density_arguments(CK_STANDARD_NORMAL, x: z.operand(CK_DIRECT))
      _ = k.log_density(z.rows, lanes, &arguments, 1, chunk.totals)
      k.logDensityGradient(0..<z.rows, lanes: lanes, &arguments, x: slopes[top], [])
    case .normal(let component):
      priorParameters = [z.rows, z.rows].map { workspace.gradientArena.take(rows: $0, lanes: lanes) }
      if isClosed(top) { return subtractDivergence(top, prior: [component.meanOperand, component.scaleOperand]) }
      densities.addComponent(component, z, slopes: slopes[top], priorParameters, into: chunk.totals)
    case .mixture(let logWeights, let components):
      slopes[top].clear()
      densities.addMixture(logWeights, components, z, addingTo: slopes[top], into: chunk.totals)
    }
  }

  private mutating func subtractDivergence(_ layer: Int, prior: [ck_operand]) {
    divergences[layer] = prior
    network.subtractDivergence(layer, chunk, prior: prior, path: "/prior", in: workspace)
  }

  private mutating func addLikelihood() {
    let decoder = network.decoders[0]
    let input = joined(decoder.given)
    let kept = workspace.gradientArena.take(rows: decoder.keptRows, lanes: lanes).data
    let parameters = decoder.parameterGradients(lanes: lanes, arena: &workspace.gradientArena, constants: true)
    conditionals[0] = (input, kept, parameters)
    let x = observed.operand(CK_DIRECT)
    if decoder.distribution == .fullNormal {
      let operands = decoder.evaluateKeeping(input, kept: kept, k)
      let unused = workspace.gradientArena.take(rows: network.inputCount, lanes: lanes)
      densities.addFullNormal(
        x, rows: network.inputCount, operands, slopes: unused, parameters, path: "/decoder/1", into: chunk.totals)
    } else {
      densities.addLikelihood(decoder, x, input, kept: kept, parameters, into: chunk.totals)
    }
  }
}

extension DrawKey {
  /// What stands in the place of an example where draws are numbered by the step of a training run: past every example's
  /// number.
  static func training(step: Int) -> UInt64 { 1 << 63 | UInt64(step) }
}
