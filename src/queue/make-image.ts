import { makeEmbeddedImage } from './embedded-image.ts';

await makeEmbeddedImage();
