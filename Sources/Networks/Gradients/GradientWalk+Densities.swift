import CKernels
import Models

extension GradientWalk {
  private var densities: DensityGradients { DensityGradients(network: network, workspace: workspace, lanes: lanes) }

  /// Adds log p(z_l | …) of a layer that is not the top one, and its gradients.
  func addLatentDensity(_ layer: Int) {
    let decoder = network.decoders[layer + 1]
    let mark = workspace.gradientArena.used
    let input = network.joined(
      decoder.given, chunk.latents, lanes: lanes, in: workspace, arena: &workspace.gradientArena)
    let kept = workspace.gradientArena.take(rows: decoder.keptRows, lanes: lanes).data
    let operands = decoder.evaluateKeeping(input, kept: kept, k)
    let z = chunk.latents[layer]
    let slopes = workspace.gradientArena.take(rows: z.rows, lanes: lanes)
    let parameters = decoder.parameterGradients(lanes: lanes, arena: &workspace.gradientArena)
    densities.add(
      z.operand(CK_DIRECT), layer: layer, decoder.distribution, operands, slopes: slopes, parameters,
      path: "/decoder/\(layer + 2)", into: chunk.totals)
    k.add(z.rows * lanes, slopes.data, gradients[layer].data)
    reverse(decoder, parameters, input: input, kept: kept)
    workspace.gradientArena.release(to: mark)
  }

  /// Adds log p(z_L), and its gradient.
  func addPrior() {
    let top = network.latentCounts.count - 1
    let z = chunk.latents[top]
    let mark = workspace.gradientArena.used
    let slopes = workspace.gradientArena.take(rows: z.rows, lanes: lanes)
    switch network.prior {
    case .standardNormal:
      if network.held != nil { slopes.clear() }
      for run in network.freeRuns[top] {
        var arguments = ck_density_arguments(CK_STANDARD_NORMAL, x: z.operand(CK_DIRECT, firstRow: run.lowerBound))
        _ = k.log_density(run.count, lanes, &arguments, 1, chunk.totals)
        k.logDensityGradient(run, lanes: lanes, &arguments, x: slopes, [])
      }
      k.add(z.rows * lanes, slopes.data, gradients[top].data)
    case .normal(let component):
      densities.addComponent(component, z, slopes: slopes, into: chunk.totals)
      k.add(z.rows * lanes, slopes.data, gradients[top].data)
    case .mixture(let logWeights, let components):
      densities.addMixture(logWeights, components, z, addingTo: gradients[top], into: chunk.totals)
    }
    workspace.gradientArena.release(to: mark)
  }

  /// Adds log p(x | z₁, …) and its gradients. A parameter whose last step is fully connected is computed a block at a time,
  /// as without gradients.
  func addLikelihood() {
    let decoder = network.decoders[0]
    let mark = workspace.gradientArena.used
    let input = network.joined(
      decoder.given, chunk.latents, lanes: lanes, in: workspace, arena: &workspace.gradientArena)
    let kept = workspace.gradientArena.take(rows: decoder.keptRows, lanes: lanes).data
    let parameters = decoder.parameterGradients(lanes: lanes, arena: &workspace.gradientArena)
    let x = ck_operand(data: network.observed(in: workspace), row_step: 1, lane_step: 0, form: CK_DIRECT)
    if decoder.distribution == .fullNormal {
      let operands = decoder.evaluateKeeping(input, kept: kept, k)
      let slopes = workspace.gradientArena.take(rows: network.inputCount, lanes: lanes)
      densities.addFullNormal(
        x, rows: network.inputCount, operands, slopes: slopes, parameters, path: "/decoder/1", into: chunk.totals)
    } else {
      densities.addLikelihood(decoder, x, input, kept: kept, parameters, into: chunk.totals)
    }
    reverse(decoder, parameters, input: input, kept: kept)
    workspace.gradientArena.release(to: mark)
  }
}
