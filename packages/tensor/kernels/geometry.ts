// Windows that move over planes, of convolutions and of pooling.

/** The fields that their kernels begin with. */
@unmanaged
export class Geometry {
  height: f64;
  width: f64;
  outHeight: f64;
  outWidth: f64;
  kernelY: f64;
  kernelX: f64;
  strideY: f64;
  strideX: f64;
  paddingY: f64;
  paddingX: f64;
  dilationY: f64;
  dilationX: f64;
}
