import { attentionCases } from './cases/attention.js';
import { checkAll } from './check-all.js';

checkAll(attentionCases, 12);
