import { embeddingCases } from './cases/embedding.js';
import { checkAll } from './check-all.js';

checkAll(embeddingCases, 30);
