import JSON
import Models

/// The extents of an image, wherever its channels are.
struct ImageShape {
  var height: Int
  var width: Int
  var channels: Int
  let format: DataFormat

  init?(_ shape: [Int], _ format: DataFormat) {
    guard shape.count == 3 else { return nil }
    let isLast = format == .channelsLast
    height = shape[isLast ? 0 : 1]
    width = shape[isLast ? 1 : 2]
    channels = shape[isLast ? 2 : 0]
    self.format = format
  }

  var shape: [Int] { format == .channelsLast ? [height, width, channels] : [channels, height, width] }
}

extension LayerTranslator {
  /// The image that comes in.
  mutating func imageShape(_ node: Int, _ shape: [Int]) throws -> ImageShape {
    guard let image = ImageShape(shape, try imageFormat(node)) else {
      throw unsupported(node, "an image was expected", expected: "three axes", found: "\(shape)")
    }
    return image
  }

  /// Two positive numbers, or one for both.
  func pair(_ node: Int, _ keys: String..., otherwise: [Int]) throws -> [Int] {
    guard let value = keys.lazy.compactMap({ graph.nodes[node].layer.config[$0] }).first else { return otherwise }
    guard let numbers = value.integers, let first = numbers.first, numbers.count <= 2,
      numbers.allSatisfy({ $0 > 0 && $0 < 1 << 16 })
    else { throw unsupported(node, "two positive numbers were expected for \(keys[0])", found: value.summary) }
    return numbers.count == 1 ? [first, first] : numbers
  }

  func isSame(_ node: Int) throws -> Bool {
    let config = graph.nodes[node].layer.config
    switch (config["padding"] ?? config["border_mode"])?.string ?? "valid" {
    case "same": return true
    case "valid": return false
    case let other: throw unsupported(node, "this padding", expected: "same or valid", found: other)
    }
  }

  /// The size of a window's output along one axis.
  func extent(_ node: Int, _ size: Int, kernel: Int, stride: Int, same: Bool) throws -> Int {
    let result = same ? (size + stride - 1) / stride : (size - kernel) / stride + 1
    guard same || size >= kernel, result > 0 else {
      throw unsupported(node, "the image is smaller than the window", expected: "at least \(kernel)", found: "\(size)")
    }
    return result
  }

  /// The layers without weights that work on images.
  mutating func image(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    var image = try imageShape(node, shape)
    switch layer.className {
    case "MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D":
      let size = try pair(node, "pool_size", otherwise: [2, 2])
      let stride = try pair(node, "strides", otherwise: size)
      let same = try isSame(node)
      image.height = try extent(node, image.height, kernel: size[0], stride: stride[0], same: same)
      image.width = try extent(node, image.width, kernel: size[1], stride: stride[1], same: same)
      let kind: Pooling.Kind = layer.className.hasPrefix("Max") ? .maximum : .average
      let pooling = Pooling(kind, size: size, stride: stride, padding: same ? .same : .valid)
      return Translation(layers: [Layer(.pooling(pooling), name: layer.name)], shape: image.shape)
    case "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling2D", "GlobalMaxPool2D":
      let kind: Pooling.Kind = layer.className.contains("Max") ? .maximum : .average
      let pooling = Layer(.pooling(Pooling(kind, size: [image.height, image.width])), name: layer.name)
      image.height = 1
      image.width = 1
      if layer.config["keepdims"]?.bool == true { return Translation(layers: [pooling], shape: image.shape) }
      return Translation(layers: [pooling, Layer(.flatten)], shape: [image.channels])
    case "UpSampling2D":
      let factor = try pair(node, "size", otherwise: [2, 2])
      let interpolation = layer.config["interpolation"]?.string ?? "nearest"
      guard let mode = Upsampling.Mode(rawValue: interpolation) else {
        throw unsupported(node, "this interpolation", expected: "nearest or bilinear", found: interpolation)
      }
      image.height *= factor[0]
      image.width *= factor[1]
      return Translation(
        layers: [Layer(.upsampling(Upsampling(factor: factor, mode: mode)), name: layer.name)], shape: image.shape)
    case "Resizing":
      guard let height = layer.config["height"]?.integer, let width = layer.config["width"]?.integer, height > 0,
        width > 0, height % image.height == 0, width % image.width == 0,
        layer.config["crop_to_aspect_ratio"]?.bool != true, layer.config["pad_to_aspect_ratio"]?.bool != true,
        layer.config["antialias"]?.bool != true,
        let mode = Upsampling.Mode(rawValue: layer.config["interpolation"]?.string ?? "bilinear")
      else {
        throw unsupported(
          node, "only upsampling by whole factors is exact", expected: "nearest or bilinear, without cropping",
          found: options(layer.config))
      }
      let factor = [height / image.height, width / image.width]
      (image.height, image.width) = (height, width)
      return Translation(
        layers: [Layer(.upsampling(Upsampling(factor: factor, mode: mode)), name: layer.name)], shape: image.shape)
    case "ZeroPadding2D":
      let sides = try sides(node, layer.config["padding"])
      image.height += sides[0] + sides[1]
      image.width += sides[2] + sides[3]
      return Translation(layers: [Layer(.pad(sides), name: layer.name)], shape: image.shape)
    case "Cropping2D":
      let sides = try sides(node, layer.config["cropping"])
      image.height -= sides[0] + sides[1]
      image.width -= sides[2] + sides[3]
      guard image.height > 0, image.width > 0 else {
        throw unsupported(node, "nothing is left of the image", found: "\(shape) less \(sides)")
      }
      return Translation(layers: [Layer(.crop(sides), name: layer.name)], shape: image.shape)
    default: throw unsupported(node, "no layer of the model format does this")
    }
  }

  /// Top, bottom, left, right out of 1, [1, 1] or [[1, 0], [1, 0]].
  private func sides(_ node: Int, _ value: JSONValue?) throws -> [Int] {
    let value = value ?? .number(1)
    var sides: [Int]?
    if let numbers = value.integers {
      switch numbers.count {
      case 1: sides = [numbers[0], numbers[0], numbers[0], numbers[0]]
      case 2: sides = [numbers[0], numbers[0], numbers[1], numbers[1]]
      case 4: sides = numbers
      default: break
      }
    } else if let pairs = value.array?.compactMap(\.integers), pairs.count == 2, pairs.allSatisfy({ $0.count == 2 }) {
      sides = pairs[0] + pairs[1]
    }
    guard let sides, sides.allSatisfy({ $0 >= 0 && $0 < 1 << 16 }) else {
      throw unsupported(node, "numbers of rows and columns were expected", found: value.summary)
    }
    return sides
  }
}
