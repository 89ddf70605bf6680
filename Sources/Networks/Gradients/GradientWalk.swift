import CKernels
import Models

/// One computation of log-weights and their gradients: forward through the posteriors, forward and back through each
/// conditional of p, back through the posteriors.
///
/// Latents, their gradients and what the posteriors keep stay in the workspace's arena throughout; what a conditional of p
/// keeps is given back before the next.
struct GradientWalk {
  let network: NetworkModel
  let workspace: Workspace
  let lanes: Int
  let normals: UnsafePointer<Float>
  var chunk: NetworkModel.Chunk
  /// ∂/∂z of each layer, as far as it is known.
  var gradients: [Lanes]
  /// What the posteriors that aren't computed once for an example were given, and keep.
  private var inputs: [Lanes?]
  private var kept: [UnsafeMutablePointer<Float>?]
  /// What each step of each layer's flow keeps.
  private var flows: [[UnsafeMutablePointer<Float>]]

  var k: ck_kernels { network.k }

  init(
    _ network: NetworkModel, position: Int, noise: UnsafePointer<Float>, lanes: Int, _ map: NoiseMap,
    in workspace: Workspace
  ) {
    self.network = network
    self.workspace = workspace
    self.lanes = lanes
    normals = noise
    network.select(position: position, map, in: workspace)
    workspace.invalid = nil
    workspace.prepareGradients(network)
    workspace.gradientArena.release(to: 0)
    workspace.totals.update(repeating: 0, count: lanes)
    let latents = network.latentCounts.map { workspace.gradientArena.take(rows: $0, lanes: lanes) }
    chunk = NetworkModel.Chunk(
      latents: latents, noise: latents, posteriors: Array(repeating: [], count: latents.count),
      totals: workspace.totals, lanes: lanes)
    gradients = network.latentCounts.map { workspace.gradientArena.take(rows: $0, lanes: lanes) }
    for gradient in gradients { gradient.clear() }
    inputs = Array(repeating: nil, count: latents.count)
    kept = Array(repeating: nil, count: latents.count)
    flows = Array(repeating: [], count: latents.count)
  }

  /// Adds the log-weights to the workspace's totals, and writes their gradients by the noise.
  mutating func run(into noiseGradients: Lanes) {
    for layer in network.samplingOrder { sample(layer) }
    network.subtractPosteriorDensities(chunk, terms: .sampled, in: workspace)
    for layer in 0..<network.latentCounts.count - 1 { addLatentDensity(layer) }
    addPrior()
    addLikelihood()
    for layer in network.samplingOrder.reversed() { reverse(layer, into: noiseGradients) }
  }

  private mutating func sample(_ layer: Int) {
    let encoder = network.encoders[layer]
    if network.isFixed(layer, in: workspace) {
      chunk.posteriors[layer] = network.posterior(layer, chunk, in: workspace)
    } else {
      let input = network.joined(
        encoder.given, chunk.latents, lanes: lanes, in: workspace, arena: &workspace.gradientArena)
      let place = workspace.gradientArena.take(rows: encoder.keptRows, lanes: lanes).data
      chunk.posteriors[layer] = encoder.evaluateKeeping(input, kept: place, k)
      (inputs[layer], kept[layer]) = (input, place)
    }
    chunk.noise[layer] = network.givenNoise(layer, normals, lanes: lanes, arena: &workspace.gradientArena)
    let z = chunk.latents[layer]
    network.place(z, layer: layer, chunk.posteriors[layer], chunk.noise[layer], in: workspace)
    for (index, step) in encoder.flow.enumerated() {
      let place = workspace.gradientArena.take(rows: step.keptRows(z.rows), lanes: lanes).data
      step.applyKeeping(
        to: z, logDeterminant: workspace.logDeterminants(layer, step: index, network), kept: place, k)
      flows[layer].append(place)
    }
    network.hold(layer, z)
  }

  /// From the gradient of a layer's latents to that of its noise, and of what its posterior is given.
  private func reverse(_ layer: Int, into noiseGradients: Lanes) {
    let encoder = network.encoders[layer]
    let mark = workspace.gradientArena.used
    let gradient = gradients[layer]
    for (step, place) in zip(encoder.flow, flows[layer]).reversed() {
      step.reverse(gradient, kept: place, arena: &workspace.gradientArena, k)
    }
    let target = network.rows(ofLayer: layer, noiseGradients.data, lanes: lanes)
    let parameters =
      network.isFixed(layer, in: workspace)
      ? [] : encoder.parameterGradients(lanes: lanes, arena: &workspace.gradientArena)
    reversePosterior(layer, gradient, into: target, scale: parameters.count > 1 ? parameters[1] : nil)
    if encoder.distribution == .laplace {
      let normals = network.rows(ofLayer: layer, UnsafeMutablePointer(mutating: normals), lanes: lanes)
      k.laplaces_of_normals_reverse(target.rows * lanes, normals.data, target.data)
    }
    if let input = inputs[layer], let kept = kept[layer] {
      parameters[0]?.copy(gradient)
      if let held = network.held, let mean = parameters[0] { mean.clear(held.values[layer]) }
      reverse(encoder, parameters, input: input, kept: kept)
    }
    workspace.gradientArena.release(to: mark)
  }

  private func reversePosterior(_ layer: Int, _ gradient: Lanes, into target: Lanes, scale: Lanes?) {
    let encoder = network.encoders[layer]
    let stored = chunk.posteriors[layer][1]
    let noise = chunk.noise[layer]
    if encoder.distribution == .fullNormal {
      return k.triangular_reverse(
        encoder.size, lanes, stored, noise.data, gradient.data, target.data, scale?.data)
    }
    if network.held != nil {
      target.clear()
      scale?.clear()
    }
    for run in network.freeRuns[layer] {
      let first = run.lowerBound * lanes
      k.location_scale_reverse(
        encoder.noiseDensity, run.count, lanes, stored.dropping(rows: run.lowerBound), noise.data + first,
        gradient.data + first, target.data + first, scale.map { $0.data + first })
    }
  }

  /// From the gradients of a conditional's parameters to those of the latents that it is given.
  func reverse(
    _ conditional: CompiledConditional, _ parameters: [Lanes?], input: Lanes, kept: UnsafeMutablePointer<Float>
  ) {
    let mark = workspace.gradientArena.used
    let target = workspace.gradientArena.take(rows: input.rows, lanes: lanes)
    conditional.reverse(parameters, input: input, kept: kept, into: target, arena: &workspace.gradientArena, k)
    var first = 0
    for variable in conditional.given {
      let rows = network.size(ofVariable: variable)
      if variable > 0 { k.add(rows * lanes, target.data + first * lanes, gradients[variable - 1].data) }
      first += rows
    }
    workspace.gradientArena.release(to: mark)
  }
}
