import CHDF5

extension Dataset {
  /// Makes the dataset a dimension scale: the numbers of an axis of other datasets, under a name that h5py, netCDF and xarray
  /// know.
  ///
  /// - Throws: `HDF5Error` (`cannotCreate`, `closed`).
  public func makeScale(named name: String) throws {
    try locked { try place.check(H5DSset_scale(handle.id, name), .cannotCreate, "can't be made a dimension scale") }
  }

  /// Names an axis of the dataset by a dimension scale.
  ///
  /// - Throws: `HDF5Error`: `wrongShape` where there is no such axis, `cannotCreate`, `closed`.
  public func setScale(_ scale: Dataset, ofAxis axis: Int) throws {
    try locked {
      guard state.shape.indices.contains(axis) else { throw place.error(.wrongShape, "there is no axis \(axis)") }
      try place.check(
        H5DSattach_scale(handle.id, scale.handle.id, UInt32(axis)), .cannotCreate,
        "an axis can't be given a dimension scale")
    }
  }
}
